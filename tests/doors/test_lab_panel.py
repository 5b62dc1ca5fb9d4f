"""The sidebar in JupyterLab and Notebook, with real accounts, kernels and a real browser."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_core.paths import jupyter_path
from support import browser as browsers
from support import jupyter

from billnb.sandbox import Sandbox
from billnb.sandbox.bytio import BytioVendor
from billnb.sandbox.serve import HOST
from billnb.sandbox.serve import server as served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Request, Response, WebSocket

pytestmark = pytest.mark.jupyter

KEY = "planted-key-7f3a9c51e0"
WRONG = "planted-wrong-key-2b8d64"
EXTENSION = Path("labextensions", "billnb", "package.json")
CONNECT = "Connect an account"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    if not any((Path(place) / EXTENSION).is_file() for place in jupyter_path()):
        missing = "the extension is not installed here; python -m pip install . does it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="module")
def vendor() -> Iterator[str]:
    """Bytio on loopback, whose key is one that can be searched for."""
    sandbox = Sandbox()
    sandbox.bytio = BytioVendor(sandbox.bytio.entries, key=KEY)
    with served(sandbox) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{serving.server_port}"
        serving.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jupyter.Server]:
    """A server for the whole module, whose accounts are in a folder of its own."""
    folder = tmp_path_factory.mktemp("panel")
    with jupyter.serving(folder, environment=_environment(folder)) as found:
        yield found


def _environment(folder: Path) -> dict[str, str]:
    return {
        "BILLNB_CONFIG": str(folder / "billnb"),
        "HOME": str(folder / "home"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@dataclass
class Panel:
    """The sidebar on a page, and all that went between the page and the server."""

    page: Page
    server: jupyter.Server
    watch: browsers.Watch
    requests: list[Request] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.server.folder.parent / "billnb"

    @property
    def rows(self) -> Locator:
        return self.page.locator(".billnb-Account")

    def run(self, command: str) -> None:
        jupyter.command(self.page, command, 30)

    def show(self) -> None:
        self.run("billnb:show")
        self.page.wait_for_selector(".billnb-Panel:visible")

    def fill(self, name: str, key: str, url: str) -> None:
        """Fill in the form, and send it."""
        page = self.page
        page.get_by_label("Account name").fill(name)
        page.get_by_label("API key", exact=True).fill(key)
        page.get_by_label("In a file", exact=True).check()
        address = page.get_by_label("Address of the API")
        if not address.is_visible():
            page.get_by_text("More options").click()
        address.fill(url)
        page.get_by_role("button", name="Connect", exact=True).click()

    def connect(self, name: str, url: str) -> None:
        """Connect an account that works."""
        self.run("billnb:connect")
        self.fill(name, KEY, url)
        self.row(name).wait_for()

    def row(self, name: str) -> Locator:
        return self.page.locator(f'.billnb-Account[data-account="{name}"]')

    def confirm(self) -> None:
        self.page.locator(".jp-Dialog").get_by_role("button", name="Remove").click()

    def notebook(self, name: str) -> str:
        """Return the code of a notebook's cells."""
        notebook = json.loads((self.server.folder / name).read_text())
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return "\n".join("".join(cell["source"]) for cell in cells)

    def wait_for(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 90
        while not holds():
            assert time.monotonic() < end
            self.page.wait_for_timeout(100)


@pytest.fixture
def opened(browser: Browser, server: jupyter.Server) -> Iterator[Callable[[str], Panel]]:
    """Open a page of the server with no account, and watch what it says."""
    shutil.rmtree(server.folder.parent / "billnb", ignore_errors=True)
    contexts = []

    def open_page(path: str) -> Panel:
        context = browsers.watched(browser, 1300)
        contexts.append(context)
        page, watch = context.__enter__()
        panel = Panel(page, server, watch)
        listen(panel)
        page.goto(f"{server.url}/{path}token={server.token}")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        panel.show()
        return panel

    yield open_page
    for context in contexts:
        context.__exit__(None, None, None)
    server.end_sessions()
    for path in server.folder.glob("*.ipynb"):
        path.unlink()


@contextmanager
def alone(
    browser: Browser,
    folder: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    *,
    extension: bool = True,
) -> Iterator[Panel]:
    """Open the sidebar on a server of its own."""
    with (
        jupyter.serving(
            folder, environment={**_environment(folder), **environment}, extension=extension
        ) as server,
        browsers.watched(browser, 1300) as (page, watch),
    ):
        panel = Panel(page, server, watch)
        listen(panel)
        page.goto(f"{server.url}/lab?reset&token={server.token}")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")
        panel.show()
        yield panel


def listen(panel: Panel) -> None:
    """Keep all that goes between a page and the server."""

    def socket(found: WebSocket) -> None:
        found.on("framesent", lambda frame: panel.frames.append(str(frame)))
        found.on("framereceived", lambda frame: panel.frames.append(str(frame)))

    panel.page.on("request", lambda one: panel.requests.append(one))
    panel.page.on("response", lambda one: panel.responses.append(one))
    panel.page.on("websocket", socket)


@pytest.fixture
def panel(opened: Callable[[str], Panel]) -> Iterator[Panel]:
    """The sidebar in JupyterLab, with no account."""
    found = opened("lab?reset&")
    # the launcher takes the focus some time after the application is there
    found.page.wait_for_function(
        "() => document.querySelector('.jp-Launcher')?.contains(document.activeElement)"
    )
    yield found
    assert found.watch.requests == []


def drawn(panel: Panel) -> None:
    panel.page.wait_for_selector(".billnb[data-drawn]")
    panel.page.wait_for_selector(".billnb-table tbody td")


def test_empty_panel_offers_to_connect_and_to_try(panel: Panel) -> None:
    panel.page.get_by_role("heading", name="No account yet").wait_for()
    assert panel.page.get_by_role("button", name=CONNECT, exact=True).is_visible()
    panel.page.get_by_role("button", name="Try the demo").click()
    drawn(panel)
    assert "billnb.demo()" in panel.notebook("billing-demo.ipynb")


def test_account_is_connected_and_its_dashboard_is_one_click_away(
    panel: Panel, vendor: str
) -> None:
    panel.page.get_by_role("button", name=CONNECT, exact=True).click()
    panel.fill("production", KEY, vendor)
    row = panel.row("production")
    row.wait_for()
    assert "Bytio · never loaded" in row.inner_text()
    row.get_by_text("production").click()
    drawn(panel)
    assert panel.notebook("billing-production.ipynb") == (
        'import billnb\n\nhistory = billnb.load("production")\nbillnb.explore(history)'
    )
    panel.page.wait_for_selector(".billnb-Account:has-text('loaded')")
    panel.wait_for(lambda: "never loaded" not in row.inner_text())
    # a second one replaces nothing
    row.get_by_text("production").click()
    panel.wait_for(lambda: (panel.server.folder / "billing-production-2.ipynb").exists())


def test_wrong_key_is_said_beside_the_form_and_nothing_is_kept(panel: Panel, vendor: str) -> None:
    panel.run("billnb:connect")
    panel.fill("production", WRONG, vendor)
    alert = panel.page.get_by_role("alert")
    alert.wait_for()
    assert "Key refused" in alert.inner_text()
    key = panel.page.get_by_label("API key", exact=True)
    assert key.get_attribute("aria-invalid") == "true"
    assert key.evaluate("node => node === document.activeElement")
    assert panel.server.ask("billnb/accounts")["accounts"] == []
    assert not any(panel.config.glob("*secrets*"))
    # all of it is in sight in a low window
    panel.page.set_viewport_size({"width": 1300, "height": 600})
    for part in (alert, panel.page.get_by_role("button", name="Connect", exact=True)):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 600


def test_form_stays_until_the_vendor_has_answered(panel: Panel) -> None:
    answering = threading.Event()

    class Slow(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            answering.wait(60)
            self.request.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    with socketserver.ThreadingTCPServer((HOST, 0), Slow) as vendor:
        threading.Thread(target=vendor.serve_forever, daemon=True).start()
        panel.run("billnb:connect")
        panel.fill("production", WRONG, f"http://{HOST}:{vendor.server_address[1]}")
        panel.page.get_by_role("button", name="Connecting…").wait_for()
        assert panel.page.get_by_role("button", name="Cancel").is_disabled()
        panel.run("billnb:connect")  # again, which changes nothing
        answering.set()
        panel.page.get_by_role("alert").get_by_text("Key refused").wait_for()
        vendor.shutdown()
    panel.page.get_by_role("button", name="Cancel").click()
    panel.page.get_by_role("heading", name="No account yet").wait_for()


def test_account_of_the_environment_needs_no_key_and_is_not_removed_here(
    browser: Browser, tmp_path: Path, vendor: str
) -> None:
    variables = {"BILLNB_EU_WEST_API_KEY": KEY, "BYTIO_API_KEY": KEY}
    with alone(browser, tmp_path, variables) as panel:
        page = panel.page
        panel.row("bytio").wait_for()  # which the vendor's own variable makes
        panel.row("bytio").focus()
        page.keyboard.press("Delete")
        page.get_by_role("status").get_by_text("unset BYTIO_API_KEY").wait_for()
        assert page.locator(".jp-Dialog").count() == 0
        panel.row("bytio").click(button="right", position={"x": 100, "y": 30})
        remove = page.locator(".lm-Menu-item[data-command='billnb:remove']")
        assert "lm-mod-disabled" in str(remove.get_attribute("class"))
        page.keyboard.press("Escape")

        panel.run("billnb:connect")
        page.get_by_label("API key", exact=True).fill(WRONG)
        page.get_by_label("Account name").fill("eu-west")
        page.get_by_label("In the environment", exact=True).check()
        assert "Set BILLNB_EU_WEST_API_KEY" in page.get_by_role("radiogroup").inner_text()
        assert page.locator("[type=password]").count() == 0
        page.get_by_text("More options").click()
        page.get_by_label("Address of the API").fill(vendor)
        page.get_by_role("button", name="Connect", exact=True).click()
        # the key is there, and its host is not: nothing goes there before that is confirmed
        host = vendor.removeprefix("http://")
        dialog = page.locator(".jp-Dialog")
        dialog.get_by_text(f"Send the key to {host}?").wait_for()
        dialog.get_by_role("button", name="Cancel").click()
        page.get_by_role("alert").get_by_text("Host not confirmed").wait_for()
        page.get_by_role("button", name="Connect", exact=True).click()
        dialog.get_by_role("button", name=f"Send it to {host}").click()
        panel.row("eu-west").wait_for()
        assert not [one.url for one in panel.requests if planted(one.post_data or "")]
        # all are chosen, and the one that can be removed goes
        page.get_by_title("Choose all").check()
        page.get_by_label("Remove: chosen accounts").click()
        assert "bytio" not in page.locator(".jp-Dialog").inner_text()
        panel.confirm()
        panel.row("eu-west").wait_for(state="detached")
        assert panel.row("bytio").count() == 1
        assert panel.watch.requests == []


def test_key_goes_to_another_host_only_when_that_is_confirmed(panel: Panel, vendor: str) -> None:
    heads: list[str] = []

    class Elsewhere(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = "".join(iter(lambda: self.rfile.readline().decode().strip() + "\n", "\n"))
            heads.append(head)
            self.wfile.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    panel.connect("production", vendor)
    with socketserver.ThreadingTCPServer((HOST, 0), Elsewhere) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        host = f"{HOST}:{serving.server_address[1]}"
        path = panel.config / "accounts.toml"
        path.write_text(path.read_text().replace(vendor, f"http://{host}"))
        page, row = panel.page, panel.row("production")
        row.hover()
        row.get_by_label("Test connection: production").click()
        row.get_by_text("Host not confirmed").wait_for()
        assert f"would be sent to {host}" in row.inner_text()
        confirm = row.get_by_role("button", name="Confirm the host of production")
        dialog = page.locator(".jp-Dialog")
        confirm.click()
        dialog.get_by_text(f"Send the key to {host}?").wait_for()
        said = dialog.inner_text()
        assert f"it was connected for {vendor.removeprefix('http://')}" in said
        assert "billnb accounts" not in said  # which is for a shell
        page.keyboard.press("Enter")  # which does not confirm
        dialog.wait_for(state="detached")
        row.get_by_text("Host not confirmed").wait_for()
        assert heads == []
        confirm.click()
        dialog.get_by_role("button", name=f"Send it to {host}").click()
        row.get_by_text("Key refused").wait_for()
        assert [KEY in head for head in heads] == [True]
        serving.shutdown()


def test_account_whose_key_cannot_be_removed_can_go_without_it(panel: Panel) -> None:
    panel.config.mkdir()
    (panel.config / "accounts.toml").write_text(
        '[accounts.eu]\nprovider = "bytio"\nkept = "keyring"\nkeeps = ["api_key"]\n'
    )
    panel.run("billnb:refresh")
    panel.row("eu").get_by_text("Key not readable").wait_for()
    panel.row("eu").focus()
    panel.page.keyboard.press("Delete")
    panel.confirm()
    panel.page.locator(".jp-Dialog").get_by_text("leave its key where it is?").wait_for()
    asked = [one.url for one in panel.requests if one.method == "DELETE"]
    assert not [url for url in asked if "force" in url]
    with panel.page.expect_request(lambda one: one.method == "DELETE") as found:
        panel.confirm()
    assert "/billnb/accounts/eu?force=true" in found.value.url
    panel.row("eu").wait_for(state="detached")
    assert panel.server.ask("billnb/accounts")["accounts"] == []


def test_without_an_account_there_is_nothing_to_open(panel: Panel) -> None:
    panel.page.get_by_role("heading", name="No account yet").wait_for()
    for command in ("billnb:open-dashboard", "billnb:new-analysis"):
        panel.run("filebrowser:activate")
        panel.page.locator(".billnb-Panel").wait_for(state="hidden")
        panel.run(command)
        panel.page.get_by_role("heading", name="No account yet").wait_for()
    assert not list(panel.server.folder.glob("*.ipynb"))


def test_palette_says_billing_in_every_command(panel: Panel) -> None:
    panel.run("apputils:activate-command-palette")
    panel.page.locator(".lm-CommandPalette-input").fill("billing")
    labels = panel.page.locator(
        ".lm-CommandPalette-item[data-command^='billnb:'] .lm-CommandPalette-itemLabel"
    )
    labels.get_by_text("Test Billing Accounts").wait_for()
    said = labels.all_text_contents()  # those that cannot be done now are hidden
    assert "Remove Billing Accounts…" in said
    assert all("Billing" in label for label in said)
    panel.page.keyboard.press("Escape")


def test_account_of_a_vendor_that_is_down_can_be_kept_all_the_same(panel: Panel) -> None:
    panel.run("billnb:connect")
    panel.fill("production", KEY, f"http://{HOST}:{jupyter.free_port()}")
    panel.page.get_by_role("button", name="Connect without a test").click()
    row = panel.row("production")
    row.wait_for()
    assert "Never tried" in row.inner_text()
    row.hover()
    row.get_by_title("Test connection").click()
    panel.page.wait_for_selector(".billnb-Account:has-text('Unreachable')")
    assert "Test it again later" in row.inner_text()


def test_form_refuses_names_that_are_none_before_anything_is_sent(panel: Panel) -> None:
    panel.run("billnb:connect")
    name = panel.page.get_by_label("Account name")
    for wrong in ("../up", "a.b", "é"):
        name.fill(wrong)
        panel.page.locator(".billnb-Field-fault").wait_for()
    panel.fill("../up", KEY, "http://127.0.0.1:1")
    panel.page.wait_for_timeout(500)
    assert not [request for request in panel.requests if request.method == "POST" and
                "/billnb/" in request.url]  # fmt: skip


def test_without_a_keyring_another_place_has_to_be_chosen(panel: Panel) -> None:
    panel.run("billnb:connect")
    panel.page.get_by_role("radiogroup").wait_for()
    keyring, file, environment = panel.page.locator("[name=store]").all()
    assert keyring.is_disabled()
    assert not file.is_checked()
    assert not environment.is_checked()
    said = panel.page.get_by_role("radiogroup").inner_text()
    assert "keyring" in said
    assert str(panel.config) in said


def test_several_accounts_are_opened_tested_and_removed_at_once(panel: Panel, vendor: str) -> None:
    for name in ("eu", "us", "asia"):
        panel.connect(name, vendor)
    for name in ("eu", "us"):
        panel.row(name).get_by_role("checkbox").check()
    panel.page.get_by_text("2 of 3 chosen").wait_for()
    panel.page.get_by_label("New analysis notebook: chosen accounts").click()
    panel.wait_for(lambda: (panel.server.folder / "billing-eu-us-analysis.ipynb").exists())
    assert 'billnb.load("eu", "us")' in panel.notebook("billing-eu-us-analysis.ipynb")
    panel.row("eu").click(button="right", position={"x": 100, "y": 30})
    panel.page.locator(".lm-Menu").get_by_text("Remove…").click()
    panel.confirm()
    panel.page.get_by_text("1 account", exact=True).wait_for()
    assert [one["name"] for one in panel.server.ask("billnb/accounts")["accounts"]] == ["asia"]


def test_keyboard_alone_reaches_everything(panel: Panel, vendor: str) -> None:
    for name in ("eu", "us"):
        panel.connect(name, vendor)
    keys = panel.page.keyboard
    panel.wait_for(lambda: focused(panel) == "us")  # the one that was just connected
    keys.press("Home")
    keys.press("ArrowDown")
    assert focused(panel) == "us"
    keys.press("Space")
    panel.page.get_by_text("1 of 2 chosen").wait_for()
    keys.press("Escape")
    panel.page.get_by_text("2 accounts").wait_for()
    keys.press("Tab")
    keys.press("Tab")  # past the box
    assert "Open dashboard" in panel.page.evaluate("document.activeElement.ariaLabel")
    keys.press("Home")
    first = focused(panel)
    keys.press("Delete")
    panel.page.locator(".jp-Dialog").wait_for()
    keys.press("Escape")
    panel.page.locator(".jp-Dialog").wait_for(state="detached")
    panel.page.get_by_label("Test connection: all accounts").focus()
    assert stops(panel) == 1
    keys.press("Tab")
    assert focused(panel) == first
    assert stops(panel) == 6  # the row, its box and its buttons
    keys.press("Enter")
    panel.wait_for(lambda: (panel.server.folder / f"billing-{first}.ipynb").exists())


def stops(panel: Panel) -> int:
    """Return how often Tab stops in the list."""
    found = "[...document.querySelector('[role=grid]').querySelectorAll('*')]"
    return int(panel.page.evaluate(f"{found}.filter(one => one.tabIndex === 0).length"))


def focused(panel: Panel) -> str:
    """Return whose row has the focus, or else what has it."""
    found = "document.activeElement.dataset.account ?? document.activeElement.outerHTML"
    return str(panel.page.evaluate(found))


def test_settings_say_how_much_is_loaded_and_what_a_click_opens(panel: Panel, vendor: str) -> None:
    panel.connect("production", vendor)
    chosen = {"period": "year to date", "opens": "analysis"}
    panel.page.evaluate(
        "async chosen => { const settings = await window.jupyterapp.serviceManager.settings;"
        " await settings.save('billnb:plugin', JSON.stringify(chosen)); }",
        chosen,
    )
    panel.page.reload()
    panel.page.wait_for_function("() => window.jupyterapp")
    panel.page.evaluate("() => window.jupyterapp.restored.then(() => true)")
    panel.show()
    panel.row("production").get_by_text("production").click()
    name = "billing-production-analysis.ipynb"
    panel.wait_for(lambda: (panel.server.folder / name).exists())
    year = time.gmtime().tm_year
    assert f'billnb.load("production", since="{year}")' in panel.notebook(name)
    panel.server.ask("lab/api/settings/billnb:plugin", "PUT", {"raw": "{}"})


def test_key_is_nowhere_but_in_its_store(panel: Panel, vendor: str) -> None:
    panel.run("billnb:connect")
    assert panel.page.locator("[type=password]").get_attribute("autocomplete") == "new-password"
    panel.fill("production", WRONG, vendor)
    panel.page.get_by_role("alert").wait_for()
    panel.fill("production", KEY, vendor)
    panel.row("production").wait_for()
    panel.row("production").get_by_text("production").click()
    drawn(panel)
    panel.run("docmanager:save")
    panel.run("billnb:connect")
    assert panel.page.locator("[type=password]").input_value() == ""
    panel.page.wait_for_timeout(2000)  # the workspace is saved some time after the fact

    page = {
        "document": panel.page.content(),
        "inputs": panel.page.evaluate(
            "[...document.querySelectorAll('input, textarea')].map(one => one.value).join()"
        ),
        "local storage": panel.page.evaluate("JSON.stringify(localStorage)"),
        "session storage": panel.page.evaluate("JSON.stringify(sessionStorage)"),
    }
    sent = [
        (one.method, one.url.partition("?")[0])
        for one in panel.requests
        if planted(one.post_data or "")
    ]
    answers = [one for one in panel.responses if f"{panel.server.url}/billnb/" in one.url]
    folder = panel.server.folder.parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).parts[0] for path in files}

    assert not {where for where, text in page.items() if planted(text)}
    assert sent == [("POST", f"{panel.server.url}/billnb/accounts")] * 2
    assert len(answers) > 4
    assert not [one.url for one in answers if planted(f"{one.all_headers()}{body(one)}")]
    assert not [one.url for one in panel.requests if planted(f"{one.url}{one.headers}")]
    assert not [frame for frame in panel.frames if planted(frame)]
    assert {"log", "notebooks", "workspaces", "billnb"} <= names
    holding = [path.name for path in files if planted(path.read_text(errors="replace"))]
    assert holding == ["secrets.toml"]
    assert WRONG not in (panel.config / "secrets.toml").read_text()
    assert (panel.config / "secrets.toml").stat().st_mode & 0o777 == 0o600


def planted(text: str) -> bool:
    return KEY in text or WRONG in text


def body(response: Response) -> str:
    return "" if response.status == 204 else response.text()


def test_thousand_accounts_are_listed_at_once_and_filtered(panel: Panel) -> None:
    panel.config.mkdir()
    (panel.config / "accounts.toml").write_text(
        "".join(
            f'[accounts.a{number:04d}]\nprovider = "bytio"\nkept = "file"\n'
            for number in range(1000)
        )
    )
    panel.run("billnb:refresh")
    panel.page.wait_for_selector(".billnb-Account >> nth=999", state="attached")
    panel.page.locator(".billnb-Filter input").fill("a0123")
    panel.page.wait_for_function("document.querySelectorAll('.billnb-Account').length === 1")
    panel.page.get_by_text("1 of 1000 shown").wait_for()
    panel.page.get_by_label("New analysis notebook: shown accounts").click()
    name = "billing-a0123-analysis.ipynb"
    panel.wait_for(lambda: (panel.server.folder / name).exists())


def test_work_on_many_accounts_is_counted_and_can_be_stopped(panel: Panel) -> None:
    panel.config.mkdir()
    (panel.config / "accounts.toml").write_text(
        "".join(f'[accounts.a{number}]\nprovider = "bytio"\n' for number in range(1000))
    )
    panel.run("billnb:refresh")
    panel.page.get_by_label("Test connection: all accounts").click()
    panel.page.get_by_text("of 1000 done").wait_for()
    panel.page.get_by_role("button", name="Stop").click()
    panel.page.get_by_text("of 1000 done").wait_for(state="detached")
    assert panel.page.locator("[aria-busy=true]").count() == 0
    assert 0 < len([one for one in panel.requests if "/test?" in one.url]) < 1000


def test_broken_file_is_said_in_place_and_left_alone(panel: Panel) -> None:
    panel.config.mkdir()
    broken = panel.config / "accounts.toml"
    broken.write_text("[accounts.eu]\nprovider = \n")
    panel.run("billnb:refresh")
    alert = panel.page.get_by_role("alert")
    alert.wait_for()
    assert "line 2" in alert.inner_text()
    assert broken.read_text() == "[accounts.eu]\nprovider = \n"
    alert.get_by_role("button", name="Dismiss").click()
    alert.wait_for(state="detached")


def test_without_the_server_extension_the_panel_says_how_to_have_it(
    browser: Browser, tmp_path: Path
) -> None:
    with alone(browser, tmp_path, extension=False) as panel:
        alert = panel.page.get_by_role("alert")
        alert.wait_for()
        assert "jupyter server extension enable billnb" in alert.inner_text()
        alert.get_by_role("button", name="Try the demo").click()
        drawn(panel)


@pytest.mark.parametrize("place", ["tree?", "notebooks/other.ipynb?"])
def test_notebook_has_the_panel_and_opens_notebooks_to_be_run(
    opened: Callable[[str], Panel], server: jupyter.Server, vendor: str, place: str
) -> None:
    server.write("other.ipynb", "1 + 1")
    panel = opened(place)
    panel.connect("production", vendor)
    row = panel.row("production")
    with panel.page.context.expect_page() as found:
        row.get_by_text("production").click()
    notebook = found.value
    notebook.get_by_role("heading", name="Billing: production").wait_for()
    assert notebook.url.partition("?")[0].endswith("/notebooks/billing-production.ipynb")
    assert "Run All Cells" in notebook.locator(".jp-Notebook").inner_text()
    row.focus()
    panel.page.keyboard.press("Delete")
    panel.confirm()
    panel.page.get_by_role("heading", name="No account yet").wait_for()
    assert panel.watch.requests == []
    assert not [one for one in panel.responses if "/billnb/" in one.url and planted(body(one))]


def test_every_text_of_the_panel_can_be_reached_by_screen_readers(
    panel: Panel, vendor: str
) -> None:
    panel.connect("production", vendor)
    page = panel.page
    assert page.get_by_role("grid", name="Accounts").is_visible()
    assert page.get_by_role("row", name="OK · Bytio").count() == 1
    unnamed: Any = page.evaluate(
        "[...document.querySelectorAll('.billnb-Body button, .billnb-Body input')]"
        ".filter(one => !one.ariaLabel && !one.textContent && !one.labels?.length).length"
    )
    assert unnamed == 0
