#!/usr/bin/python3
"""openapi.json -> docs.html and docs.css: contract_page.py OPENAPI_JSON CSS FOLDER.

The reference page is plain HTML with one style sheet beside it: no script, nothing inline, nothing from elsewhere, so it
works offline and under the strictest Content-Security-Policy.
"""

import html
import json
import pathlib
import re
import shlex
import shutil
import sys

VERBS = ["get", "post", "put", "patch", "delete"]


def escape(text):
    return html.escape(str(text), quote=True)


def inline(text):
    """The little Markdown that the contract uses within a line: `code` and **strong**."""
    parts = re.split(r"(`[^`]+`|\*\*[^*]+\*\*)", str(text))
    done = []
    for part in parts:
        if part.startswith("`"):
            done.append(f"<code>{escape(part[1:-1])}</code>")
        elif part.startswith("**"):
            done.append(f"<strong>{escape(part[2:-2])}</strong>")
        else:
            done.append(escape(part))
    return "".join(done)


def paragraphs(text):
    return "".join(f"<p>{inline(' '.join(block.split()))}</p>" for block in text.strip().split("\n\n"))


class Page:
    def __init__(self, contract):
        self.contract = contract
        self.out = []

    def add(self, *lines):
        self.out.extend(lines)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.contract
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operations(self, tag):
        for path, item in self.contract["paths"].items():
            for verb in VERBS:
                if verb in item and tag in item[verb]["tags"]:
                    yield path, verb, item[verb], item.get("parameters", [])

    # -- types ---------------------------------------------------------------------------------------------------

    def type_of(self, schema):
        """A short, linked name of a schema's type."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return " or ".join(self.type_of(each) for each in schema[key])
        if "allOf" in schema:
            return " and ".join(self.type_of(each) for each in schema["allOf"])
        if "const" in schema:
            return f"<code>{escape(json.dumps(schema['const']))}</code>"
        if "enum" in schema:
            return " | ".join(f"<code>{escape(each if each is not None else 'null')}</code>" for each in schema["enum"])
        kinds = schema.get("type", "any value")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        names = []
        for kind in kinds:
            if kind == "array":
                names.append(f"list of {self.type_of(schema.get('items', {}))}")
            elif kind == "string" and "format" in schema:
                names.append(escape(schema["format"]))
            else:
                names.append(escape(kind))
        return " or ".join(names)

    def rules_of(self, schema):
        said = []
        if "default" in schema:
            said.append(f"default <code>{escape(schema['default'])}</code>")
        ranges = [("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items"), ("minimum", "maximum", "")]
        for least, most, unit in ranges:
            low, high = schema.get(least), schema.get(most)
            if low is not None and high is not None:
                said.append(f"{low:,} to {high:,} {unit}")
            elif high is not None:
                said.append(f"at most {high:,} {unit}")
            elif low is not None:
                said.append(f"at least {low:,} {unit}")
        if "pattern" in schema:
            said.append(f"matches <code>{escape(schema['pattern'])}</code>")
        if schema.get("uniqueItems"):
            said.append("no repetition")
        return ", ".join(rule.strip() for rule in said)

    def member_row(self, name, schema, required, note=""):
        meaning = inline(schema.get("description", "")) if "$ref" not in schema or "description" in schema else ""
        rules = self.rules_of(schema)
        mark = ' <span class="required">required</span>' if required else ""
        self.add(
            f"<tr><td><code>{escape(name)}</code>{mark}</td><td>{note}{self.type_of(schema)}"
            + (f'<span class="rules">{rules}</span>' if rules else "")
            + f"</td><td>{meaning}</td></tr>"
        )

    def member_table(self, schema):
        schema = self.resolve(schema)
        self.add('<div class="scroll"><table><thead><tr><th>member</th><th>type</th><th>meaning</th></tr></thead><tbody>')
        self.member_rows(schema)
        self.add("</tbody></table></div>")

    def member_rows(self, schema):
        for part in schema.get("allOf", []):
            self.member_rows(self.resolve(part))
        required = schema.get("required", [])
        for name, member in schema.get("properties", {}).items():
            self.member_row(name, member, name in required)

    # -- one operation -------------------------------------------------------------------------------------------

    def example_of(self, media):
        if "example" in media:
            return media["example"]
        if "examples" in media:
            return list(media["examples"].values())[-1]["value"]
        return None

    def curl(self, path, verb, operation, parameters):
        words = ["curl"]
        if verb != "get":
            words += ["-X", verb.upper()]
        address = path
        for parameter in map(self.resolve, parameters):
            if parameter["in"] == "path":
                address = address.replace("{" + parameter["name"] + "}", str(parameter.get("example", "ID")))
        words.append('"$CUMULO/api/v1' + address + '"')
        lines = [" ".join(words)]
        if {"bearer": []} in operation.get("security", self.contract["security"]):
            lines.append('-H "Authorization: Bearer $TOKEN"')
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body:
            lines.append("-H 'Content-Type: application/json'")
            lines.append("-d " + shlex.quote(json.dumps(self.example_of(body), ensure_ascii=False)))
        return " \\\n  ".join(lines)

    def operation(self, path, verb, operation, shared):
        name = operation["operationId"]
        parameters = shared + operation.get("parameters", [])
        self.add(f'<article id="{escape(name)}"><h3><span class="verb {verb}">{verb.upper()}</span> '
                 f'<code class="path">{escape(path)}</code> <a class="anchor" href="#{escape(name)}" '
                 f'aria-label="link to {escape(name)}">#</a></h3>')
        self.add(f'<p class="summary">{inline(operation["summary"])}</p>')
        if "description" in operation:
            self.add(paragraphs(operation["description"]))
        self.add(f'<p class="who">{self.who(operation)}</p>')
        self.parameters(parameters)
        body = operation.get("requestBody")
        if body:
            self.add(f'<h4>Body <small>{"" if body.get("required") else "may be left out"}</small></h4>')
            content = body["content"]
            self.member_table(content.get("application/json", next(iter(content.values())))["schema"])
        self.add(f"<h4>Call</h4><pre><code>{escape(self.curl(path, verb, operation, parameters))}</code></pre>")
        self.responses(operation["responses"])
        self.add("</article>")

    def who(self, operation):
        scopes = operation.get("x-scopes", [])
        if not scopes and operation.get("security") == [{}]:
            who = "Anyone may call it."
        elif not scopes:
            who = "Needs a session or a token."
        elif scopes == ["caller"]:
            who = "Needs a session or a token; what it must carry depends on what is asked, see above."
        elif scopes == ["session"]:
            who = "Needs a signed-in session; personal access tokens cannot do it."
        else:
            who = "Needs a session, or a token with " + " and ".join(f"<code>{escape(s)}</code>" for s in scopes) + "."
        if operation.get("x-administrator"):
            who += " Administrators only."
        return who

    def parameters(self, parameters):
        if not parameters:
            return
        self.add('<h4>Parameters</h4><div class="scroll"><table><thead><tr><th>name</th><th>type</th><th>meaning</th></tr>'
                 "</thead><tbody>")
        for parameter in map(self.resolve, parameters):
            schema = dict(parameter["schema"])
            schema["description"] = parameter.get("description", "")
            self.member_row(parameter["name"], schema, parameter.get("required"), f'{parameter["in"]}: ')
        self.add("</tbody></table></div>")

    def responses(self, responses):
        self.add("<h4>Answers</h4>")
        errors = []
        for status, response in responses.items():
            link = response.get("$ref", "").rsplit("/", 1)[-1]
            response = self.resolve(response)
            if status == "default" or int(status) >= 400:
                errors.append((status, link, response))
                continue
            headers = [header for header in response.get("headers", {}) if header not in ("X-Request-Id",)]
            self.add(f'<p><span class="status ok">{status}</span> {inline(response["description"])}'
                     + (" <small>" + ", ".join(map(escape, headers)) + "</small>" if headers else "") + "</p>")
            for kind, media in response.get("content", {}).items():
                self.add(f"<p>{escape(kind)}: {self.type_of(media['schema'])}</p>" if "$ref" in media["schema"] else "")
                example = self.example_of(media)
                if example is not None:
                    shown = json.dumps(example, indent=2, ensure_ascii=False)
                    self.add(f"<pre><code>{escape(shown)}</code></pre>")
        self.add('<p class="errors">Errors: ')
        self.add(" ".join(
            f'<a class="status" href="#error-{link}">{"other" if status == "default" else status}</a>' if link else
            f'<span class="status">{status}</span>' for status, link, _ in errors))
        self.add("</p>")

    # -- the page ------------------------------------------------------------------------------------------------

    def navigation(self):
        self.add('<nav aria-label="Contents"><a class="home" href="/">Cumulo</a><a href="#top">Overview</a>')
        for tag in self.contract["tags"]:
            self.add(f'<details open><summary>{escape(tag["name"])}</summary><ul>')
            for path, verb, operation, _ in self.operations(tag["name"]):
                self.add(f'<li><a href="#{escape(operation["operationId"])}"><span class="verb {verb}">{verb.upper()}</span> '
                         f"{escape(path)}</a></li>")
            self.add("</ul></details>")
        self.add('<a href="#errors">Errors</a><a href="#schemas">Schemas</a><a href="openapi.json">openapi.json</a></nav>')

    def errors(self):
        self.add('<section id="errors"><h2>Errors</h2>')
        for name, response in self.contract["components"]["responses"].items():
            media = response.get("content", {}).get("application/problem+json")
            if not media:
                continue
            example = media["example"]
            title = "Any other" if name == "problem" else f'{example["status"]} {example["title"]}'
            self.add(f'<article id="error-{name}"><h3>{escape(title)}</h3><p>{inline(response["description"])}</p>'
                     f"<details><summary>example</summary><pre><code>{escape(json.dumps(example, indent=2))}</code></pre>"
                     "</details></article>")
        self.add("</section>")

    def schemas(self):
        self.add('<section id="schemas"><h2>Schemas</h2>')
        for name, schema in self.contract["components"]["schemas"].items():
            self.add(f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3>')
            if "description" in schema:
                self.add(paragraphs(schema["description"]))
            if "properties" in schema or "allOf" in schema:
                self.member_table(schema)
            else:
                rules = self.rules_of(schema)
                self.add(f"<p>{self.type_of(schema)}" + (f'<span class="rules">{rules}</span>' if rules else "") + "</p>")
            self.add("</article>")
        self.add("</section>")

    def render(self):
        info = self.contract["info"]
        self.add("<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
                 '<meta name="viewport" content="width=device-width, initial-scale=1">',
                 '<meta name="color-scheme" content="light dark">',
                 f'<title>{escape(info["title"])} API {escape(info["version"])}</title>',
                 '<link rel="stylesheet" href="docs.css"></head><body>',
                 '<a class="skip" href="#main">Skip to the contents</a>')
        self.navigation()
        self.add(f'<main id="main"><header id="top"><h1>{escape(info["title"])} API <small>{escape(info["version"])}</small>'
                 "</h1>", paragraphs(info["description"]),
                 "<p>The calls below take the address and a token from the shell:</p>",
                 "<pre><code>CUMULO=http://127.0.0.1:8000\nTOKEN=…   # access_token of POST /login</code></pre></header>")
        for tag in self.contract["tags"]:
            self.add(f'<section id="{escape(tag["name"])}"><h2>{escape(tag["name"])}</h2>', paragraphs(tag["description"]))
            for operation in self.operations(tag["name"]):
                self.operation(*operation)
            self.add("</section>")
        self.errors()
        self.schemas()
        self.add("</main></body></html>")
        return "\n".join(line for line in self.out if line) + "\n"


def main():
    source, style, folder = map(pathlib.Path, sys.argv[1:])
    contract = json.loads(source.read_text(encoding="utf-8"))
    (folder / "docs.html").write_text(Page(contract).render(), encoding="utf-8")
    shutil.copyfile(style, folder / "docs.css")


if __name__ == "__main__":
    main()
