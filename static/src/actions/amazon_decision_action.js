import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

let closeLast = () => {};

/**
 * Tell what was decided, with *Undo* for as long as that is possible and reasons that may be noted. It takes the place of
 * the message before, which may be true no longer.
 */
export function amazonDecisionAction(env, { params }) {
    closeLast();
    const act = (method, ...args) => async () => {
        const answer = await env.services.orm.call("sale.order", method, [params.undo_ids, ...args]);
        await env.services.action.doAction(answer);
    };
    const buttons = [];
    if (params.undo_ids) {
        buttons.push({ name: _t("Undo"), icon: "fa-undo", onClick: act("action_amazon_undo_decision") });
        for (const reason of params.reasons || []) {
            buttons.push({ name: reason.name, onClick: act("action_amazon_note_keep_reason", reason.id) });
        }
    }
    closeLast = env.services.notification.add(params.message, {
        type: params.type,
        sticky: params.sticky,
        className: "o_amazon_message o_amazon_decision",
        buttons,
        ...(params.undo_seconds && { autocloseDelay: params.undo_seconds * 1000 }),
    });
    return params.next;
}

registry.category("actions").add("sale_amazon_cancellation.decision", amazonDecisionAction);
