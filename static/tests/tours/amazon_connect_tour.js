import { registry } from "@web/core/registry";
import { withMoves } from "./tour_steps";

const fill = (name, value) => ({
    content: `fill in ${name}`,
    trigger: `.o_field_widget[name=${name}] input`,
    run: `edit ${value}`,
});

registry.category("web_tour.tours").add("amazon_connect", {
    steps: () => withMoves(13, [
        {
            content: "make an account",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        fill("name", "Shop of the tour"),
        {
            content: "choose the region",
            trigger: ".o_field_widget[name=region] input[data-value=fe]",
            run: "click",
        },
        fill("seller_id", "A1LOCALFE"),
        fill("lwa_client_id", "amzn1.application-oa2-client.local"),
        fill("lwa_client_secret", "wrong"),
        fill("lwa_refresh_token", "Atzr|local-A1LOCALFE"),
        {
            content: "save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "test the connection",
            trigger: ".o_form_saved button[name=action_test_connection].btn-primary",
            run: "click",
        },
        {
            content: "the wrong secret is told as such",
            trigger: ".modal:contains(client id or secret)",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        fill("lwa_client_secret", "local-secret"),
        {
            content: "test again; the form saves by itself",
            trigger: "button[name=action_test_connection].btn-primary",
            run: "click",
        },
        {
            content: "Amazon's marketplaces are filled in",
            trigger: ".o_field_widget[name=marketplace_ids] .o_tag:contains(Amazon.co.jp)",
        },
        {
            trigger: ".o_notification:contains(Connected)",
        },
        {
            content: "read the orders",
            trigger: "button[name=action_sync_now]",
            run: "click",
        },
        {
            content: "the account is up to date",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Up to date)",
        },
    ]),
});
