import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { expectNoEnglish, openRecord, pressHeaderButton, withMoves } from "./tour_steps";

const findHeld = [
    {
        isActive: ["desktop"],
        content: "the list says that the delivery is held, and not by colour alone",
        trigger: ".o_data_row:contains(Anna Buyer) td[name=amazon_hold] input:checked",
    },
    {
        isActive: ["mobile"],
        content: "the card says why the delivery is held",
        trigger: ".o_kanban_record:contains(Anna Buyer):contains(Found cheaper)",
    },
    expectNoEnglish,
    ...openRecord("Anna Buyer"),
    {
        trigger: ".ribbon",
    },
    {
        content: "the form says why, and until when to ship if it is decided so",
        trigger: ".alert[name=amazon_hold]:contains(Found cheaper):has(div[name=amazon_ship_by] [data-level])",
    },
    expectNoEnglish,
];

const validate = [
    {
        isActive: ["desktop"],
        content: "validate out of habit, by the key",
        trigger: "body:has(button[name=button_validate])",
        run: "press alt+v",
    },
    {
        isActive: ["mobile"],
        content: "validate out of habit",
        trigger: "button[name=button_validate]",
        run: "click",
    },
    {
        content: "the dialog tells who asked, when in the user's time zone, and why",
        trigger: ".modal .alert div[name=message]:contains(Anna Buyer):contains(Found cheaper)",
    },
    expectNoEnglish,
];

const tours = registry.category("web_tour.tours");

tours.add("amazon_held_delivery", {
    steps: () => withMoves(3, [
        ...findHeld,
        ...validate,
        {
            content: "a packer can leave it, and tell who decides",
            trigger: ".modal footer:not(:has([name=action_release], [name=action_accept])):has(button[special=cancel])",
        },
        {
            content: "what a packer is to do stands out",
            trigger: ".modal footer:not(:has(.btn-primary ~ .btn-primary)) .btn-primary[name=action_tell_salesperson]",
            run: "click",
        },
        {
            content: "it is still to be validated",
            trigger: "body:not(:has(.modal)) .o_form_view:has(.alert[name=amazon_hold]) button[name=button_validate]",
        },
    ]),
});

const DELIVERY_CHANGED = "sale_amazon_cancellation.delivery_changed";
const listening = new Set();

tours.add("amazon_watch_delivery", {
    steps: () => [
        {
            content: "tests have no websocket: stand in for the bus's way from the server",
            trigger: ".o_list_view",
            run: () => {
                const bus = odoo.__WOWL_DEBUG__.root.env.services.bus_service;
                const { subscribe, unsubscribe } = bus;
                bus.subscribe = (type, callback) => {
                    if (type === DELIVERY_CHANGED) {
                        listening.add(callback);
                    }
                    return subscribe(type, callback);
                };
                bus.unsubscribe = (type, callback) => {
                    listening.delete(callback);
                    return unsubscribe(type, callback);
                };
            },
        },
        ...openRecord("Anna Buyer"),
        {
            content: "tell the salesperson",
            trigger: ".alert[name=amazon_hold] button[name=action_amazon_tell_salesperson]",
            run: "click",
        },
        {
            content: "it is said that it was done, and not offered twice",
            trigger: ".alert[name=amazon_hold]:contains(The salesperson is told.):not(:has(button:visible))",
        },
        {
            content: "the salesperson decides, elsewhere",
            trigger: ".o_form_view",
            run: async () => {
                const pickingId = Number(window.location.pathname.split("/").pop());
                const call = (model, method, ...args) =>
                    rpc(`/web/dataset/call_kw/${model}/${method}`, { model, method, args, kwargs: {} });
                const [picking] = await call("stock.picking", "read", [pickingId], ["sale_id"]);
                await call("sale.order", "action_amazon_keep_order", [picking.sale_id[0]]);
                listening.forEach((callback) => callback({ picking_ids: [pickingId] }));
            },
        },
        {
            content: "the form shows it by itself",
            trigger: ".o_form_view:not(:has(.alert[name=amazon_hold])) .alert[name=amazon_decision]:contains(Ship it)",
        },
    ],
});

tours.add("amazon_release_delivery", {
    steps: () => withMoves(4, [
        ...findHeld,
        ...validate,
        {
            content: "a manager says why it is shipped all the same",
            trigger: ".modal div[name=reason] input",
            run: "edit The buyer wants it after all",
        },
        {
            trigger: ".modal button[name=action_release]",
            run: "click",
        },
        {
            content: "it is done, and the hold is over",
            trigger:
                "body:not(:has(.modal)) .o_form_view:not(:has(.alert[name=amazon_hold], button[name=button_validate]))",
        },
    ]),
});

tours.add("amazon_batch_delivery", {
    steps: () => withMoves(2, [
        ...pressHeaderButton("action_done"),
        {
            content: "the dialog names the held delivery alone",
            trigger: ".modal .o_field_widget[name=held_picking_ids]:has(.o_tag:only-child)",
        },
        {
            content: "ship the others",
            trigger: ".modal button[name=action_validate_others]",
            run: "click",
        },
        {
            content: "the held one is left in the batch",
            trigger: ".o_form_view:not(:has(.modal, .o_data_row + .o_data_row)) .o_data_row",
        },
    ]),
});
