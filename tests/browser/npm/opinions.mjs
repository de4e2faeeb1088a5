// What the official MJML and html-validate say of mails.
//
// Reads a JSON array of {mjml, html} (either may be "") from standard input, and writes an array of
// {mjml: [fault…], html: [fault…], rendered: the official MJML's HTML} in the same order. The
// packages are those of the folder that NEWSLETTER_TEST_NPM names.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.NEWSLETTER_TEST_NPM, "package.json"));
const mjml2html = require("mjml").default ?? require("mjml");
const { HtmlValidate, StaticConfigLoader } = require("html-validate");

// A mail is not a page: its styles are inline, its doctype is the engine's, tables make its layout,
// and Outlook reads conditional comments.
const OTHERWISE_IN_MAIL = [
  "attribute-allowed-values",
  "doctype-style",
  "no-conditional-comment",
  "no-deprecated-attr",
  "no-inline-style",
  "prefer-native-element",
  "prefer-tbody",
  "void-style",
];
const validator = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:recommended"],
    rules: Object.fromEntries(OTHERWISE_IN_MAIL.map((rule) => [rule, "off"])),
  }),
);

const faultsOfHtml = async (html) => {
  const report = await validator.validateString(html);
  return report.results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, selector, line, column }) =>
      `${ruleId}: ${message} (${selector ?? ""}, ${line}:${column})`,
    ),
  );
};

// "soft" looks for the same faults as `mjml --validate`, and goes on to render.
const opinion = async ({ mjml, html }) => {
  const official = mjml ? await mjml2html(mjml, { validationLevel: "soft", fonts: {} }) : null;
  return {
    mjml: official ? official.errors.map(({ message, tagName }) => `${tagName}: ${message}`) : [],
    html: html ? await faultsOfHtml(html) : [],
    rendered: official ? official.html : "",
  };
};

const mails = JSON.parse(readFileSync(0, "utf8"));
const opinions = [];
for (const mail of mails) opinions.push(await opinion(mail));
process.stdout.write(JSON.stringify(opinions));
