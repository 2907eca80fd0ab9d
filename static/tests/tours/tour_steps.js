/** Steps that tours share. They do the same on a wide and on a narrow screen, and in every language. */

/**
 * Steps whose moves are counted: each click, key or text of a person is one. `docs/daily-use.md` tells the numbers; what a
 * narrow screen needs beside, such as a menu to open, is not among them.
 *
 * @param {number} moves
 * @param {Object[]} steps
 */
export const withMoves = (moves, steps) => {
    const isMove = ({ run, isActive = [] }) => typeof run === "string" && !isActive.includes("mobile");
    const counted = steps.filter(isMove).length;
    if (counted !== moves) {
        throw new Error(`${counted} moves, and not ${moves}`);
    }
    return steps;
};

/** Open a record from the list, or from the cards that a narrow screen shows instead. */
export const openRecord = (text) => [
    {
        isActive: ["desktop"],
        content: `open ${text} from the list`,
        trigger: `.o_data_row:contains(${text}) td[name=name]`,
        run: "click",
    },
    {
        isActive: ["mobile"],
        content: `open ${text} from the cards`,
        trigger: `.o_kanban_record:contains(${text})`,
        run: "click",
    },
];

/** Press a button of the form's header; a narrow screen shows the first one, and the others in a menu. */
export const pressHeaderButton = (name) => [
    {
        isActive: ["mobile", `body:not(:has(.o_statusbar_buttons > button[name=${name}]))`],
        trigger: ".o_statusbar_buttons button:has(.oi-ellipsis-v)",
        run: "click",
    },
    {
        content: `press ${name}`,
        trigger: `button[name=${name}]`,
        run: "click",
    },
];

/** Press a button of the form's button box, which a narrow screen has in a menu. */
export const pressStatButton = (name) => [
    {
        isActive: ["mobile"],
        trigger: ".o-form-buttonbox .o_button_more",
        run: "click",
    },
    {
        content: `press ${name}`,
        trigger: `button.oe_stat_button[name=${name}]`,
        run: "click",
    },
];

/** Choose a filter by its label. */
export const filterBy = (label) => [
    {
        isActive: ["mobile"],
        trigger: ".o_control_panel button:has(.fa-search)",
        run: "click",
    },
    {
        content: "open the filters",
        trigger: ".o_searchview_dropdown_toggler",
        run: "click",
    },
    {
        content: `choose ${label}`,
        trigger: `.o_filter_menu .o_menu_item:contains(${label})`,
        run: "click",
    },
    {
        trigger: `.o_searchview_facet:contains(${label})`,
    },
];

/** Open an entry of an app's menu; a narrow screen has it in a side bar. */
export const openMenu = (app, section, entry) => [
    {
        content: "open the apps",
        trigger: ".o_navbar_apps_menu button, .o_menu_toggle",
        run: "click",
    },
    {
        isActive: ["mobile"],
        trigger: ".o_app_menu_sidebar .btn-primary:has(.oi-apps)",
        run: "click",
    },
    {
        content: `open ${app}`,
        trigger: `.o_app[data-menu-xmlid='${app}']`,
        run: "click",
    },
    {
        isActive: ["desktop"],
        content: `open ${section}`,
        trigger: `[data-menu-xmlid='${section}']`,
        run: "click",
    },
    {
        isActive: ["mobile"],
        trigger: "body:not(:has(.o_app_menu_sidebar)) .o_menu_toggle",
        run: "click",
    },
    {
        content: `open ${entry}`,
        trigger: `[data-menu-xmlid='${entry}']`,
        run: "click",
    },
];

/** Fail if something lies over the first of such buttons, so that a click would not reach it. */
export const expectUncovered = (selector) => ({
    content: `nothing covers ${selector}`,
    trigger: selector,
    run: () => {
        const button = document.querySelector(selector);
        const { left, top, width, height } = button.getBoundingClientRect();
        const hit = document.elementFromPoint(left + width / 2, top + height / 2);
        if (!button.contains(hit)) {
            console.error(`${selector} is covered by ${hit?.closest("[class]")?.className}`);
        }
    },
});

/** All that is shown or read aloud, but for messages, which stay in the language of their writer. */
const textsOf = (root) => {
    const texts = [];
    const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (nodes.nextNode()) {
        const node = nodes.currentNode;
        const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        if (!element.getClientRects().length || element.closest(".o-mail-Message-body")) {
            continue;
        }
        texts.push(
            ...(node === element
                ? ["title", "placeholder", "aria-label", "data-tooltip"].map((name) => element.getAttribute(name))
                : [node.data])
        );
    }
    return texts.map((text) => (text || "").replace(/\s+/g, " ").trim()).filter(Boolean);
};

/** Fail if the page shows a term of the addon in English although the user's language has another word for it. */
export const expectNoEnglish = {
    content: "no English is left in another language",
    trigger: "body",
    run: () => {
        const patterns = window.amazonForeignTerms.map((term) => new RegExp(`^${term}$`));
        const left = textsOf(document.body).filter((text) => patterns.some((pattern) => pattern.test(text)));
        if (left.length) {
            console.error(`Not translated: ${[...new Set(left)].join(" | ")}`);
        }
    },
};
