import { registry } from "@web/core/registry";

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
const at = (step) => ({
    content: `the step ${step} is shown`,
    trigger: `.modal .o_statusbar_status .o_arrow_button_current:contains(${step})`,
});

registry.category("web_tour.tours").add("amazon_setup", {
    steps: () => [
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
        at("Marketplaces"),
        {
            trigger: ".modal .o_field_widget[name=marketplace_ids] .o_tag:contains(Amazon.de)",
        },
        next,
        at("Orders"),
        {
            content: "the order is found in Odoo",
            trigger: ".modal .o_field_widget[name=known_count]:contains(1)",
        },
        next,
        at("Rules"),
        next,
        at("Dry Run"),
        {
            content: "the dry run tells what will happen to the order",
            trigger: ".modal .o_data_row:contains(Anna Buyer):contains(Shown as Cancellation requested)",
        },
        {
            trigger: ".modal footer button[name=action_finish]",
            run: "click",
        },
        {
            content: "the account opens",
            trigger: ".o_form_view .o_field_widget[name=seller_id] input:value(A1LOCALEU)",
        },
    ],
});
