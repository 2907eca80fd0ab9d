import { registry } from "@web/core/registry";
import { expectUncovered, filterBy, withMoves } from "./tour_steps";

const ROW = (name) => `.o_data_row:contains(${name})`;
const NOTICE = ".o_notification.o_amazon_decision";
const tours = registry.category("web_tour.tours");

const select = (name) => ({
    content: `select ${name}`,
    trigger: `${ROW(name)} .o_list_record_selector input`,
    run: "click",
});

tours.add("amazon_list_accept", {
    steps: () =>
        withMoves(1, [
            {
                content: "accept where the list is",
                trigger: `${ROW("whole")} button[name=action_amazon_accept_cancellation]`,
                run: "click",
            },
            { trigger: `${NOTICE}:contains(1 cancelled) button:contains(Undo)` },
            { content: "the list no longer shows it", trigger: `.o_list_view:not(:has(${ROW("whole")}))` },
        ]),
});

tours.add("amazon_list_keep", {
    steps: () =>
        withMoves(2, [
            {
                content: "keep where the list is",
                trigger: `${ROW("whole")} button[name=action_amazon_keep_order]`,
                run: "click",
            },
            { trigger: `${NOTICE}:contains(1 kept) button:contains(Undo)` },
            expectUncovered(".o_data_row button[name=action_amazon_accept_cancellation]"),
            {
                content: "a reason is offered, and may be passed over",
                trigger: `${NOTICE} button:contains(It is at the carrier already)`,
                run: "click",
            },
            { trigger: `${NOTICE}:contains(Noted: It is at the carrier already)` },
            { content: "one message stands", trigger: `body:not(:has(${NOTICE}:contains(1 kept)))` },
        ]),
});

tours.add("amazon_list_undo", {
    steps: () =>
        withMoves(4, [
            {
                trigger: `${ROW("whole")} button[name=action_amazon_accept_cancellation]`,
                run: "click",
            },
            { trigger: `${NOTICE} button:contains(Undo)`, run: "click" },
            { trigger: `${NOTICE}:contains(is undone. Amazon is told nothing.)` },
            { content: "what was true no longer stands", trigger: `body:not(:has(${NOTICE}:contains(1 cancelled)))` },
            {
                content: "the request is open again",
                trigger: `${ROW("whole")} button[name=action_amazon_keep_order]`,
                run: "click",
            },
            { trigger: `${NOTICE}:contains(1 kept) button:contains(Undo)`, run: "click" },
            { trigger: `${NOTICE}:contains(is undone. Amazon is told nothing.)` },
            { trigger: `${ROW("whole")} button[name=action_amazon_keep_order]` },
        ]),
});

/** A selection with a request for a part, decided by keys; then all of it undone from the list of what was just decided. */
tours.add("amazon_list_bulk", {
    steps: () => withMoves(10, [
        { content: "a part stands apart", trigger: `${ROW("part")} td[name=amazon_cancel_part]:contains(Only a part)` },
        select("whole"),
        select("part"),
        { content: "accept by the key", trigger: ".o_control_panel button[name=action_amazon_accept_cancellation]", run: "press alt+y" },
        { trigger: `${NOTICE}:contains(1 cancelled)` },
        {
            content: "what would be cancelled without being asked for is named",
            trigger: ".modal .o_data_row:contains(Mug) td[name=amazon_cancel_rest]:contains(Lamp)",
        },
        {
            content: "each button says what it does",
            trigger: ".modal footer:has(button:contains(Cancel at Amazon)) button:contains(Back)",
        },
        { content: "confirm by the key", trigger: ".modal button[name=action_confirm]", run: "press alt+q" },
        { trigger: `body:not(:has(.modal)) .o_list_view:not(:has(.o_data_row:contains(part)))` },
        { content: "show all", trigger: ".o_facet_remove", run: "click" },
        ...filterBy("Just Decided"),
        { content: "what is not decided is not among them", trigger: `.o_list_view:not(:has(${ROW("other")}))` },
        select("whole"),
        select("part"),
        { trigger: ".o_control_panel button[name=action_amazon_undo_decision]", run: "press alt+z" },
        { trigger: `${NOTICE}:contains(2 decisions are undone)` },
        { content: "nothing is just decided any more", trigger: `.o_list_view:not(:has(${ROW("whole")}))` },
    ]),
});

/** On a phone, from the cards. */
tours.add("amazon_cards_keep", {
    steps: () =>
        withMoves(2, [
            {
                trigger: ".o_kanban_record:contains(whole) button[name=action_amazon_keep_order]",
                run: "click",
            },
            { trigger: `${NOTICE}:contains(1 kept) button:contains(Undo)` },
            expectUncovered(".o_kanban_record button[name=action_amazon_accept_cancellation]"),
            { trigger: `${NOTICE}:contains(1 kept) button:contains(Undo)`, run: "click" },
            { trigger: ".o_kanban_record:contains(whole) button[name=action_amazon_keep_order]" },
            { content: "a part stands apart", trigger: ".o_kanban_record:contains(part):contains(Only a part)" },
        ]),
});

/** In the open order, by keys alone; whoever came from the list has keys of Odoo's for the way back and the next one, too. */
tours.add("amazon_form_keys", {
    steps: () =>
        withMoves(5, [
            { trigger: `${ROW("whole")} td[name=name]`, run: "click" },
            { trigger: ".o_form_view button[name=action_amazon_keep_order]", run: "press alt+k" },
            { trigger: `${NOTICE}:contains(1 kept)` },
            { trigger: ".o_form_view button[name=action_amazon_undo_decision]", run: "press alt+z" },
            { trigger: `${NOTICE}:contains(is undone)` },
            { trigger: ".o_form_view button[name=action_amazon_accept_cancellation]", run: "press alt+y" },
            { trigger: `${NOTICE}:contains(1 cancelled)` },
            { trigger: ".o_form_view button[name=action_amazon_undo_decision]", run: "press alt+z" },
            { trigger: ".o_form_view button[name=action_amazon_accept_cancellation]" },
        ]),
});

tours.add("amazon_triage", {
    steps: () =>
        withMoves(7, [
            {
                content: "what can still be stopped is first, then the shortest time left",
                trigger: ".o_group_header:first:contains(Nothing done yet (250))",
            },
            {
                trigger:
                    ".o_group_header:contains(Nothing done yet) + .o_group_header:contains(Less than 4 hours (100))" +
                    " + .o_group_header:contains(Less than a day (100)) + .o_group_header:contains(A day or more (50))",
            },
            {
                content: "then what is picked",
                trigger: ".o_group_header:contains(A day or more (50)) + .o_group_header:contains(Picked or packed (50))",
            },
            { content: "what is gone is last", trigger: ".o_group_header:contains(Gone (1))" },
            { content: "leave out what is gone", trigger: ".o_searchview_dropdown_toggler", run: "click" },
            { trigger: ".o_filter_menu .o_menu_item:contains(Can still be stopped)", run: "click" },
            { trigger: ".o_list_view:not(:has(.o_group_header:contains(Gone)))" },
            { content: "select all", trigger: "thead .o_list_record_selector input", run: "click" },
            {
                content: "accept all groups by one button",
                trigger: ".o_control_panel button[name=action_amazon_accept_cancellation]",
                run: "click",
            },
            { trigger: `${NOTICE}:contains(300 cancelled) button:contains(Undo)`, timeout: 60000 },
            { content: "what is left", trigger: ".o_searchview_facet:contains(Can still) .o_facet_remove", run: "click" },
            { trigger: ".o_group_header:contains(A day or more)", run: "click" },
            {
                content: "keep what is gone",
                trigger: ".o_data_row:contains(gone) button[name=action_amazon_keep_order]",
                run: "click",
            },
            { trigger: `${NOTICE}:contains(1 kept)` },
        ]),
});

/** No cell of an Amazon order's row ends in dots. */
const readRow = {
    content: "each cell can be read",
    trigger: `.o_list_view ${ROW("Anna Buyer")}`,
    run() {
        const cut = [...this.anchor.cells].filter((cell) => cell.scrollWidth > cell.clientWidth);
        if (cut.length) {
            console.error(cut.map((cell) => `${cell.getAttribute("name")}: ${cell.innerText}`).join(" | "));
        }
    },
};

tours.add("amazon_readable_requests", {
    steps: () => [{ trigger: `${ROW("Found cheaper")} td[name=amazon_cancel_request_words]` }, readRow],
});

/** All transfers tell which are held, */
tours.add("amazon_readable_transfers", {
    steps: () => [{ trigger: `${ROW("Anna Buyer")} td[name=amazon_hold] input:checked` }, readRow],
});

/** and the held ones why. */
tours.add("amazon_readable_held", {
    steps: () => [
        { trigger: ".o_kanban_record div[name=amazon_held] a", run: "click" },
        { trigger: `${ROW("Found cheaper")} td[name=amazon_hold_reason]` },
        readRow,
    ],
});

tours.add("amazon_calendars", {
    steps: () => [
        { trigger: "button.o_switch_view.o_calendar", run: "click" },
        {
            content: "a deadline is on its day, with the buyer and the reason",
            trigger: ".fc-daygrid-event:contains(Anna Buyer: Found cheaper):not(:has(.fc-time))",
        },
        {
            content: "and on no second day",
            trigger: ".fc-daygrid-event.fc-event-start.fc-event-end",
        },
    ],
});

/** From a number of the weekly mail to the parcels that it counts. */
tours.add("amazon_weekly", {
    steps: () =>
        withMoves(2, [
            { content: "what became of the week's requests", trigger: ".o_pivot th:contains(Cancelled before shipping)" },
            { trigger: "button.o_switch_view.o_list", run: "click" },
            {
                content: "what the parcel would have cost",
                trigger: `${ROW("Mug")} td[name=cost_saved]:contains(12.50)`,
                run: "click",
            },
            { trigger: ".o_form_view .ribbon:contains(Cancelled at Amazon)" },
        ]),
});
