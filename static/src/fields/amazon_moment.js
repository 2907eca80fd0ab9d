import { Component, onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

const MINUTE = 60 * 1000;

/** A date and time told by its distance from now, which runs; the exact time shows on hover. */
export class AmazonMoment extends Component {
    static props = { ...standardFieldProps };

    setup() {
        this.clock = useState({ now: DateTime.now() });
        const ticking = setInterval(() => (this.clock.now = DateTime.now()), MINUTE);
        onWillUnmount(() => clearInterval(ticking));
    }

    get moment() {
        return this.props.record.data[this.props.name];
    }

    get tooltip() {
        return this.moment.toLocaleString(DateTime.DATETIME_MED);
    }
}

/** How long ago something was. */
export class AmazonAgo extends AmazonMoment {
    static template = "sale_amazon_cancellation.AmazonAgo";

    get ago() {
        // The reading itself lags minutes behind, so seconds would be a false promise.
        const latest = this.clock.now.minus({ minutes: 1 });
        return luxon.DateTime.min(this.moment, latest).toRelative({ base: this.clock.now });
    }
}

registry.category("fields").add("amazon_ago", {
    component: AmazonAgo,
    displayName: _t("Time Ago"),
    supportedTypes: ["datetime"],
});
