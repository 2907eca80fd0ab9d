import { registry } from "@web/core/registry";

const REASON = "Found cheaper somewhere else.";

const openRequested = [
    {
        content: "the list of orders shows the request, in words and not by colour alone",
        trigger: ".o_data_row:contains(Anna Buyer) td[name=amazon_cancel_progress]:contains(Cancellation requested)",
    },
    {
        content: "open the order",
        trigger: ".o_data_row:contains(Anna Buyer) td[name=name]",
        run: "click",
    },
    {
        content: "the form has the ribbon",
        trigger: ".ribbon:contains(Cancellation requested)",
    },
    {
        content: "the alert tells the reason in the buyer's words",
        trigger: `.alert[name=amazon_request]:contains(${REASON})`,
    },
];

registry.category("web_tour.tours").add("amazon_see_request", {
    steps: () => [
        ...openRequested,
        {
            content: "the alert tells until when to ship",
            trigger: ".alert[name=amazon_request] div[name=amazon_ship_by]",
        },
        {
            content: "open the facts of Amazon",
            trigger: ".o_notebook_headers a[name=amazon]",
            run: "click",
        },
        {
            content: "the status at Amazon is shown",
            trigger: "div[name=amazon_status]:contains(Unshipped)",
        },
    ],
});

registry.category("web_tour.tours").add("amazon_accept_request", {
    steps: () => [
        ...openRequested,
        {
            content: "accept",
            trigger: "button[name=action_amazon_accept_cancellation]",
            run: "click",
        },
        {
            content: "confirm",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "the order is cancelled, and Amazon will be told",
            trigger: ".ribbon:contains(Cancelling at Amazon)",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_amazon_accept_cancellation]))",
        },
    ],
});

registry.category("web_tour.tours").add("amazon_keep_request", {
    steps: () => [
        ...openRequested,
        {
            content: "keep",
            trigger: "button[name=action_amazon_open_keep]",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".modal div[name=reason] input",
            run: "edit The parcel is at the carrier",
        },
        {
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "the order is kept",
            trigger: ".ribbon:contains(Kept)",
        },
        {
            content: "nothing is left to decide",
            trigger: ".o_form_view:not(:has(.alert[name=amazon_request]))",
        },
    ],
});
