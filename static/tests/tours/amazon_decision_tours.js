import { registry } from "@web/core/registry";
import { expectNoEnglish, filterBy, openRecord, pressHeaderButton } from "./tour_steps";

const REASON = "Found cheaper somewhere else.";

const findByFilter = (words) => [
    ...filterBy(words.requested),
    {
        isActive: ["desktop"],
        content: "the list shows the request, in words and not by colour alone",
        trigger: `.o_data_row:contains(Anna Buyer) td[name=amazon_cancel_progress]:contains(${words.requested})`,
    },
    {
        isActive: ["mobile"],
        content: "the card shows the request, in words and not by colour alone",
        trigger: `.o_kanban_record:contains(Anna Buyer):contains(${words.requested})`,
    },
    expectNoEnglish,
    ...openRecord("Anna Buyer"),
];

const findByNotice = [
    {
        content: "the counter of activities shows the request",
        trigger: ".o_menu_systray button:has(.fa-clock-o):has(.o-mail-ActivityMenu-counter)",
        run: "click",
    },
    {
        content: "open those of orders",
        trigger: ".o-mail-ActivityGroup[data-model_name='sale.order']",
        run: "click",
    },
    {
        content: "open the order",
        trigger: ".o_data_row:contains(Anna Buyer) td[name=name], .o_kanban_record:contains(Anna Buyer)",
        run: "click",
    },
];

const readRequest = (words) => [
    {
        content: "the form has the ribbon",
        trigger: `.ribbon:contains(${words.requested})`,
    },
    {
        content: "the alert tells the reason in the buyer's words",
        trigger: `.alert[name=amazon_request]:contains(${REASON})`,
    },
    {
        content: "since when, in the user's time zone",
        trigger: `.alert[name=amazon_request] div[name=amazon_cancel_request_date]:contains(${words.since})`,
    },
    {
        content: "until when to ship, and how long that is",
        trigger: `.alert[name=amazon_request]:has(div[name=amazon_ship_by] [data-level=calm])`,
    },
    expectNoEnglish,
];

const accept = (words) => [
    ...pressHeaderButton("action_amazon_accept_cancellation"),
    {
        content: "the order is cancelled, and Amazon will be told",
        trigger: `.ribbon:contains(${words.cancelling})`,
    },
    {
        content: "nothing is left to decide",
        trigger: ".o_form_view:not(:has(button[name=action_amazon_accept_cancellation], .alert[name=amazon_request]))",
    },
    expectNoEnglish,
];

const undo = (words) => [
    {
        content: "the message offers to undo",
        trigger: ".o_amazon_decision .o_notification_buttons button:first",
        run: "click",
    },
    {
        content: "the request is open again",
        trigger: `.ribbon:contains(${words.requested})`,
    },
    {
        trigger: "button[name=action_amazon_accept_cancellation]",
    },
];

const keep = (words) => [
    ...pressHeaderButton("action_amazon_keep_order"),
    {
        content: "a reason is offered",
        trigger: ".o_amazon_decision .o_notification_buttons button:eq(1)",
        run: "click",
    },
    expectNoEnglish,
    {
        content: "the order is kept",
        trigger: `.ribbon:contains(${words.kept})`,
    },
    {
        trigger: ".o_form_view:not(:has(.alert[name=amazon_request]))",
    },
];

const readFacts = [
    {
        content: "open the facts of Amazon",
        trigger: ".o_notebook_headers a[name=amazon]",
        run: "click",
    },
    {
        trigger: ".tab-pane.active div[name=amazon_fulfillment_status]",
    },
    expectNoEnglish,
];

/** From the notice and from the list to the decision, and to another one. */
const decide = (words) => ({
    steps: () => [
        ...findByFilter(words),
        ...readRequest(words),
        ...accept(words),
        ...undo(words),
        ...findByNotice,
        ...readRequest(words),
        ...keep(words),
        ...readFacts,
    ],
});

const tours = registry.category("web_tour.tours");
const ENGLISH = {
    requested: "Cancellation requested",
    cancelling: "Cancelling at Amazon",
    kept: "Kept",
    since: "12:00",
};
tours.add("amazon_decide", decide(ENGLISH));
tours.add(
    "amazon_decide_french",
    decide({
        requested: "Annulation demandée",
        cancelling: "Annulation en cours",
        kept: "Maintenue",
        since: "13:00",
    })
);
