import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { AmazonMoment } from "./amazon_moment";

const { Duration } = luxon;

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
export const URGENT_BELOW = 4 * HOUR;
export const SOON_BELOW = 24 * HOUR;

/**
 * What is left until a time, as short as a glance needs it: days and hours, then hours and minutes.
 *
 * @param {luxon.DateTime} due
 * @param {luxon.DateTime} now
 * @returns {{text: string, level: "late"|"urgent"|"soon"|"calm"}}
 */
export function describeCountdown(due, now) {
    const left = due.toMillis() - now.toMillis();
    const minutes = Math.floor(Math.abs(left) / MINUTE);
    const days = Math.floor(minutes / (24 * 60));
    const parts = days
        ? { days, hours: Math.floor((minutes % (24 * 60)) / 60) }
        : { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
    const shown = Object.entries(parts).filter(([, value]) => value);
    const duration = (shown.length ? shown : [["minutes", 0]])
        .map(([unit, value]) => Duration.fromObject({ [unit]: value }).toHuman({ unitDisplay: "short" }))
        .join(" ");
    if (left < 0) {
        return { text: _t("%s late", duration), level: "late" };
    }
    const level = left < URGENT_BELOW ? "urgent" : left < SOON_BELOW ? "soon" : "calm";
    return { text: _t("%s left", duration), level };
}

/** A date and time as what is left until it; it turns red in the last hours. */
export class AmazonCountdown extends AmazonMoment {
    static template = "sale_amazon_cancellation.AmazonCountdown";

    get countdown() {
        return describeCountdown(this.moment, this.clock.now);
    }
}

registry.category("fields").add("amazon_countdown", {
    component: AmazonCountdown,
    displayName: _t("Countdown"),
    supportedTypes: ["datetime"],
});
