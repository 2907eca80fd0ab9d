import { registry } from "@web/core/registry";
import { openMenu, pressHeaderButton, pressStatButton, withMoves } from "./tour_steps";

const fill = (name, value) => ({
    content: `fill in ${name}`,
    trigger: `.modal .o_field_widget[name=${name}] input`,
    run: `edit ${value}`,
});
const next = {
    content: "go on",
    trigger: ".modal footer button[name=action_next]:visible",
    run: "click",
};
const setUp = [
    {
        content: "the settings have a block for it",
        trigger: "#amazon_accounts button[name=action_amazon_setup]",
        run: "click",
    },
    fill("name", "Shop of the tour"),
    fill("seller_id", "A1LOCALEU"),
    fill("lwa_client_id", "amzn1.application-oa2-client.local"),
    fill("lwa_client_secret", "local-secret"),
    fill("lwa_refresh_token", "Atzr|local-A1LOCALEU"),
    next,
    {
        content: "Amazon's marketplaces are filled in",
        trigger: ".modal .o_field_widget[name=marketplace_ids] .o_tag:contains(Amazon.de)",
    },
    next,
    {
        content: "the order is found in Odoo",
        trigger: ".modal .o_field_widget[name=known_count]:contains(1)",
    },
    next,
    {
        content: "choose the rules",
        trigger: ".modal .o_field_widget[name=auto_accept]",
    },
    next,
    {
        content: "the dry run tells what will happen to the order",
        trigger: ".modal .o_field_widget[name=line_ids]:contains(Anna Buyer):contains(Cancellation requested)",
    },
    {
        trigger: ".modal footer button[name=action_finish]",
        run: "click",
    },
    {
        content: "the account opens",
        trigger: ".o_form_view .o_field_widget[name=seller_id] input:value(A1LOCALEU)",
    },
];

const readAndWatch = [
    {
        content: "nothing is read before the first reading",
        trigger: ".o_statusbar_status:contains(Never read)",
    },
    ...pressHeaderButton("action_sync_now"),
    {
        content: "the request is found",
        trigger: ".o_notification:contains(1 new cancellation request)",
    },
    ...pressStatButton("action_view_logs"),
    {
        content: "the reading is in the log",
        trigger: ".o_action_manager [name=requested_count]:contains(1)",
    },
    ...openMenu("sale.sale_menu_root", "sale.menu_sale_config", "sale_amazon_cancellation.menu_amazon_accounts"),
    {
        content: "the card says how the account is",
        trigger: ".o_kanban_record:contains(Shop of the tour):contains(Up to date):contains(Open Requests)",
    },
];

registry.category("web_tour.tours").add("amazon_setup", {
    steps: () => withMoves(17, [...setUp, ...readAndWatch]),
});

/** What Amazon lets the application do, tried call by call: what does not work is told with the role, and where it is mended. */
registry.category("web_tour.tours").add("amazon_doctor", {
    steps: () =>
        withMoves(2, [
            { trigger: ".o_kanban_record:contains(Shop of the tour)", run: "click" },
            ...pressHeaderButton("action_test_connection"),
            {
                content: "a line for each call",
                trigger: ".o_notification_content:contains(Connected.)",
                run() {
                    const lines = this.anchor.innerText.split("\n");
                    if (!lines.includes("✔ Reading the orders")) {
                        console.error(`The lines run together: ${lines}`);
                    }
                },
            },
            {
                content: "what works is told, too",
                trigger: ".o_field_widget[name=finding_ids] .o_data_row:contains(Reading the orders):contains(Works)",
            },
            {
                content: "the role that lacks is named, with Amazon's page where it is asked for",
                trigger:
                    ".o_field_widget[name=finding_ids] .o_data_row:contains(sweep by report):contains(Direct to Consumer Shipping)" +
                    " td[name=page_url] a[href^='https://sellercentral']",
            },
        ]),
});

/** A set-up that was left: other rules, and what the first reading would do by them. */
registry.category("web_tour.tours").add("amazon_dry_run", {
    steps: () =>
        withMoves(7, [
            { trigger: ".o_kanban_record:contains(Shop of the tour)", run: "click" },
            ...pressHeaderButton("action_go_on_setup"),
            {
                content: "what needs somebody comes first",
                trigger: ".modal .o_data_row:first:contains(Anna Buyer) td[name=outcome]:contains(Cancellation requested)",
            },
            { trigger: ".modal footer button[name=action_back]", run: "click" },
            { trigger: ".modal .o_field_widget[name=auto_accept] input", run: "click" },
            { trigger: ".o_select_menu_item:contains(Before anything has left)", run: "click" },
            next,
            {
                content: "now it would be accepted",
                trigger: ".modal .o_data_row:first:contains(Anna Buyer) td[name=outcome]:contains(Cancelled by your rule)",
            },
            { trigger: ".modal footer button[name=action_finish]", run: "click" },
            { trigger: "body:not(:has(.modal)) .o_statusbar_status:contains(Never read)" },
        ]),
});
