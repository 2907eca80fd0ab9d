import { registry } from "@web/core/registry";
import { describeCountdown } from "@sale_amazon_cancellation/fields/amazon_countdown";

const { DateTime } = luxon;

const NOW = DateTime.fromISO("2030-01-15T12:00:00Z");
const CASES = [
    [{ days: 2, hours: 3, minutes: 59 }, "2 days 3 hr left", "calm"],
    [{ hours: 24 }, "1 day left", "calm"],
    [{ hours: 23, minutes: 59 }, "23 hr 59 min left", "soon"],
    [{ hours: 4 }, "4 hr left", "soon"],
    [{ hours: 3, minutes: 59 }, "3 hr 59 min left", "urgent"],
    [{ seconds: 30 }, "0 min left", "urgent"],
    [{ hours: -1, minutes: -5 }, "1 hr 5 min late", "late"],
];

registry.category("web_tour.tours").add("amazon_requests", {
    steps: () => [
        {
            content: "every case of the countdown's text and level",
            trigger: ".o_data_row",
            run: () => {
                for (const [distance, text, level] of CASES) {
                    const countdown = describeCountdown(NOW.plus(distance), NOW);
                    if (`${countdown.text}|${countdown.level}` !== `${text}|${level}`) {
                        console.error(`${JSON.stringify(distance)}: ${countdown.text}, ${countdown.level}`);
                    }
                }
            },
        },
        {
            content: "an order that is due in two hours is red, and has a sign beside the colour",
            trigger: ".o_data_row:contains(urgent) [data-level=urgent].text-danger:has(.fa-exclamation-triangle)",
        },
        {
            content: "one that is due in three days is not",
            trigger: ".o_data_row:contains(calm) [data-level=calm]:not(.text-danger)",
        },
        {
            content: "the most urgent is the first",
            trigger: ".o_data_row:first:contains(urgent)",
        },
        {
            content: "on the board the columns stand in the order of the work",
            trigger: "button.o_switch_view.o_kanban",
            run: "click",
        },
        {
            trigger: ".o_kanban_group:first:contains(Cancellation requested) .o_kanban_record",
        },
        {
            trigger: "button.o_switch_view.o_calendar",
            run: "click",
        },
        {
            trigger: ".o_calendar_view .fc-event",
        },
        {
            trigger: "button.o_switch_view.o_pivot",
            run: "click",
        },
        {
            trigger: ".o_pivot_cell_value",
        },
        {
            trigger: "button.o_switch_view.o_graph",
            run: "click",
        },
        {
            trigger: ".o_graph_view canvas",
        },
        {
            trigger: "button.o_switch_view.o_list",
            run: "click",
        },
        {
            content: "show the decided orders, too",
            trigger: ".o_facet_remove",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(decided)",
        },
        ...["calm", "urgent", "decided"].map((reason) => ({
            content: `select the ${reason} order`,
            trigger: `.o_data_row:contains(${reason}) .o_list_record_selector input`,
            run: "click",
        })),
        {
            content: "accept all that are selected",
            trigger: ".o_control_panel button[name=action_amazon_accept_cancellation]",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "the summary tells what was done, and what was left alone",
            trigger: ".o_notification:contains(2 cancelled; Amazon will be told.):contains(left alone)",
        },
        {
            trigger: ".o_data_row:contains(calm) td[name=amazon_cancel_progress]:contains(Cancelling at Amazon)",
        },
    ],
});
