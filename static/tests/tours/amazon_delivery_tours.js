import { registry } from "@web/core/registry";

const openHeld = [
    {
        content: "the list says why the delivery is held",
        trigger: ".o_data_row:contains(Anna Buyer) td[name=amazon_hold_reason]:contains(Found cheaper)",
    },
    {
        trigger: ".o_data_row:contains(Anna Buyer) td[name=name]",
        run: "click",
    },
    {
        trigger: ".ribbon:contains(Held)",
    },
    {
        trigger: ".alert[name=amazon_hold]:contains(Do not ship)",
    },
    {
        content: "validate, out of habit",
        trigger: "button[name=button_validate]",
        run: "click",
    },
    {
        content: "the dialog tells who asked and why",
        trigger: ".modal .alert:contains(Anna Buyer asked on):contains(Found cheaper)",
    },
];

registry.category("web_tour.tours").add("amazon_held_delivery", {
    steps: () => [
        ...openHeld,
        {
            content: "a packer can only leave it",
            trigger: ".modal footer:not(:has([name=action_release], [name=action_accept])) button:contains(Leave It Held)",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Ready)",
        },
    ],
});

registry.category("web_tour.tours").add("amazon_release_delivery", {
    steps: () => [
        ...openHeld,
        {
            trigger: ".modal div[name=reason] input",
            run: "edit The buyer wants it after all",
        },
        {
            trigger: ".modal button[name=action_release]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Done)",
        },
    ],
});
