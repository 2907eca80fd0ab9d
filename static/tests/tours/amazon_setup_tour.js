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
