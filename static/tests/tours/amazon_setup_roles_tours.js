import { registry } from "@web/core/registry";
import { openMenu, pressHeaderButton } from "./tour_steps";

/** What a seller of each region has, and a marketplace that is picked by hand where Amazon does not list them. */
const REGIONS = {
    na: { sellerId: "A1LOCALNA", marketplace: "Amazon.ca" },
    eu: { sellerId: "A1LOCALEU", marketplace: "Amazon.de" },
    fe: { sellerId: "A1LOCALFE", marketplace: "Amazon.co.jp" },
};

const fill = (name, value) => ({
    content: `fill in ${name}`,
    trigger: `.modal .o_field_widget[name=${name}] input`,
    run: `edit ${value}`,
});
const next = (step) => [
    {
        content: `go on from ${step}`,
        trigger: ".modal footer button[name=action_next]:visible",
        run: "click",
    },
];

const connect = (region) => [
    {
        trigger: "#amazon_accounts button[name=action_amazon_setup]",
        run: "click",
    },
    {
        content: "each role is named with what it opens",
        trigger: ".modal ul[name=roles]:contains(Direct to Consumer Shipping)",
    },
    fill("name", "Shop of the tour"),
    {
        content: "choose the region",
        trigger: `.modal .o_field_widget[name=region] input[data-value=${region}]`,
        run: "click",
    },
    fill("seller_id", REGIONS[region].sellerId),
    fill("lwa_client_id", "amzn1.application-oa2-client.local"),
    fill("lwa_client_secret", "local-secret"),
    fill("lwa_refresh_token", `Atzr|local-${REGIONS[region].sellerId}`),
    ...next("connect"),
    {
        content: "what Amazon lets the application do is told",
        trigger: ".modal .o_field_widget[name=finding_ids] tr:contains(Reading the orders):contains(Works)",
    },
];

/** Leave the set-up, find it among the accounts, and go on. */
const leaveAndGoOn = [
    {
        content: "leave it for now",
        trigger: ".modal footer button:contains(Go On Later)",
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal))",
    },
    ...openMenu("sale.sale_menu_root", "sale.menu_sale_config", "sale_amazon_cancellation.menu_amazon_accounts"),
    {
        content: "it is shown as not finished",
        trigger: ".o_kanban_record:contains(Shop of the tour):contains(Set-up not finished)",
        run: "click",
    },
    ...pressHeaderButton("action_go_on_setup"),
    {
        content: "it goes on at its step",
        trigger: ".modal .o_field_widget[name=marketplace_ids]:visible",
    },
];

const pickMarketplace = (name) => [
    {
        content: "Amazon does not list the marketplaces",
        trigger: ".modal .alert:visible:contains(pick those in which you sell)",
    },
    {
        content: `pick ${name}`,
        trigger: ".modal .o_field_widget[name=marketplace_ids] input",
        run: `edit ${name}`,
    },
    {
        trigger: `.o-autocomplete--dropdown-item:contains(${name})`,
        run: "click",
    },
];
const keepListed = (name) => [
    {
        content: "Amazon lists the marketplaces",
        trigger: `.modal .o_field_widget[name=marketplace_ids] .o_tag:contains(${name})`,
    },
];

const finish = [
    ...next("marketplaces"),
    {
        trigger: ".modal .o_field_widget[name=read_count]",
    },
    ...next("orders"),
    {
        trigger: ".modal .o_field_widget[name=auto_accept]",
    },
    ...next("rules"),
    {
        trigger: ".modal footer button[name=action_finish]:visible",
        run: "click",
    },
];

const worksAs = (label) => [
    {
        content: `open orders are swept ${label}`,
        trigger: `.o_form_view .o_field_widget[name=sweep_method]:contains(${label})`,
    },
    ...pressHeaderButton("action_sync_now"),
    {
        content: "the search is heard",
        trigger: ".o_field_widget[name=source_ids] .o_data_row:contains(Search):contains(Works)",
    },
    {
        content: "a source that nobody set up is not counted",
        trigger: ".o_field_widget[name=source_ids] .o_data_row:contains(Notifications):contains(Not set up)",
    },
];

for (const [region, { marketplace }] of Object.entries(REGIONS)) {
    for (const restricted of [false, true]) {
        const listed = restricted || region === "fe";
        registry.category("web_tour.tours").add(`amazon_setup_${region}_${restricted ? "report" : "search"}`, {
            steps: () => [
                ...connect(region),
                ...leaveAndGoOn,
                ...(listed ? keepListed(marketplace) : pickMarketplace(marketplace)),
                ...finish,
                ...worksAs(restricted ? "By report" : "By search"),
            ],
        });
    }
}
