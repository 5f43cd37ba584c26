import { apis } from "/operator/apis.js";
import { blacklist } from "/operator/blacklist.js";
import { find } from "/operator/find.js";
import { overview } from "/operator/overview.js";
import { settings } from "/operator/settings.js";
import { warnings } from "/operator/warnings.js";

const views = { overview, find, apis, blacklist, settings, warnings };
let leave = new AbortController();

function show() {
  leave.abort();
  leave = new AbortController();
  const name = location.hash.slice(1);
  const shown = Object.hasOwn(views, name) ? name : "overview";
  document.querySelectorAll("nav a").forEach(link => {
    if (link.hash === `#${shown}`) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  });
  document.title = `rig-kafka ${shown}`;
  const view = document.querySelector("#view");
  view.className = shown;
  view.replaceChildren(...views[shown](leave.signal));
}

addEventListener("hashchange", show);
show();
