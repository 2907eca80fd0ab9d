import { registry } from "@web/core/registry";
import { openMenu, pressHeaderButton, withMoves } from "./tour_steps";

const CREATED = "Klaus Open";
const SETTLED = "Petra Paid";

const onPhone = (steps) =>
    steps.map((step) => ({ ...step, isActive: [...new Set(["mobile", ...(step.isActive || [])])] }));

/** Open the cancellation of a buyer from the cards and press a button of its header. */
const pressOnCard = (text, button) =>
    onPhone([
        {
            content: `open ${text} from the cards`,
            trigger: `.o_kanban_record:contains(${text})`,
            run: "click",
        },
        ...pressHeaderButton(button),
    ]);

const pressOnRow = (text, button) => ({
    isActive: ["desktop"],
    content: `press ${button} on the row of ${text}`,
    trigger: `.o_data_row:contains(${text}) button[name=${button}]`,
    run: "click",
});

const goBack = [
    {
        isActive: ["desktop"],
        content: "back to the list",
        trigger: ".o_back_button a",
        run: "click",
    },
    {
        isActive: ["mobile"],
        content: "back",
        trigger: "button.o_back_button",
        run: "click",
    },
];

const expectGone = (text) => [
    {
        isActive: ["desktop"],
        content: `${text} has left the filter`,
        trigger: `.o_list_view:not(:has(.o_data_row:contains(${text})))`,
    },
    {
        isActive: ["mobile"],
        content: `${text} has left the filter`,
        trigger: `.o_kanban_view:not(:has(.o_kanban_record:contains(${text})))`,
    },
];

registry.category("web_tour.tours").add("amazon_accountant", {
    steps: () => withMoves(10, [
        ...openMenu(
            "account.menu_finance",
            "account.menu_finance_receivables",
            "sale_amazon_cancellation.menu_amazon_accounting"
        ),
        {
            isActive: ["desktop"],
            content: "what needs the accountant is the default",
            trigger: ".o_searchview_facet:contains(To Review)",
        },
        {
            isActive: ["desktop"],
            content: "each row says what is left to do",
            trigger: `.o_data_row:contains(${CREATED}):contains(is not credited)`,
        },
        {
            isActive: ["mobile"],
            content: "each card says what is left to do",
            trigger: `.o_kanban_record:contains(${CREATED}):contains(is not credited)`,
        },
        {
            isActive: ["desktop"],
            content: "the totals stand below",
            trigger: ".o_list_footer:contains(20.00)",
        },
        {
            isActive: ["desktop"],
            content: "where all is credited there is no button to credit once more",
            trigger: `.o_data_row:contains(${SETTLED}):not(:has(button[name=action_create_credit_note]))`,
        },
        pressOnRow(CREATED, "action_create_credit_note"),
        ...pressOnCard(CREATED, "action_create_credit_note"),
        {
            content: "the draft credit note opens",
            trigger: ".o_form_view:contains(Credit Note) button[name=action_post]",
            run: "click",
        },
        {
            content: "it is posted",
            trigger: ".o_form_view:not(:has(button[name=action_post]))",
        },
        ...goBack,
        ...onPhone([{ trigger: "div[name=accounting_state]:contains(Credited)" }, goBack[1]]),
        ...expectGone(CREATED),
        pressOnRow(SETTLED, "action_mark_settled"),
        ...pressOnCard(SETTLED, "action_mark_settled"),
        {
            content: "say why",
            trigger: ".modal div[name=note] textarea",
            run: "edit Refunded by bank transfer",
        },
        {
            trigger: ".modal button[name=action_settle]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
        ...onPhone([{ trigger: "div[name=accounting_state]:contains(Settled)" }, goBack[1]]),
        ...expectGone(SETTLED),
    ]),
});
