"""What must be true afterwards: in the register, in the inbox, in the mail."""

import asyncio
import email
import email.policy
from pathlib import Path
from uuid import UUID

from deploy.local.demo.stage import (
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    Actor,
    Case,
    NotAsExpected,
    Stage,
)
from shared.contracts.register import LetterState, MemberState


async def stands(stage: Stage, who: Actor, member: UUID, org_id: UUID) -> None:
    found = await who.caller.get("orgs", f"/v1/members/{member}")
    right = found["org_id"] == str(org_id) and found["state"] == MemberState.ACTIVE.value
    stage.check(right, f"登记：{found['name']} 在册于 {found['org_name']}")


async def in_transit(stage: Stage, who: Actor, member: UUID) -> None:
    """The sender stays responsible (ED19 Art. 25)."""
    found = await who.caller.get("orgs", f"/v1/members/{member}")
    right = found["state"] == MemberState.IN_TRANSIT.value
    stage.check(right, f"登记：{found['name']} 转出在途，仍计入 {found['org_name']}")


async def gone(stage: Stage, who: Actor, member: UUID) -> None:
    found = await who.caller.get("orgs", f"/v1/members/{member}")
    right = found["state"] == MemberState.TRANSFERRED_OUT.value
    stage.check(right, f"登记：{found['name']} 已转往系统外")


async def letter_is(stage: Stage, who: Actor, case: Case, state: str) -> None:
    known = await stage.known(who, case)
    letter = await who.caller.get("orgs", f"/v1/letters/{known['letter_id']}")
    stage.check(letter["state"] == state, f"介绍信 {letter['serial']}：{_LETTER[state]}")


async def letter_closed(stage: Stage, who: Actor, case: Case) -> None:
    known = await stage.known(who, case)
    letter = await who.caller.get("orgs", f"/v1/letters/{known['letter_id']}")
    right = letter["state"] == LetterState.CLOSED.value and bool(letter["receipt_on"])
    stage.check(right, f"介绍信 {letter['serial']}：回执 {letter['receipt_on']} 已登记，存根办结")


async def timeline(stage: Stage, who: Actor, case: Case) -> None:
    """Each entry once, in order: the killed worker repeated nothing."""
    found = await who.caller.get("workflows", f"/v1/cases/{case.id}/timeline")
    numbers = [entry["seq"] for entry in found]
    moved = [entry for entry in found if entry["kind"] == "moved"]
    stage.check(
        numbers == sorted(set(numbers)) and len(moved) == 1,
        f"办理过程 {len(found)} 条，次序连贯，转入只登记一次",
    )


async def told(stage: Stage, who: Actor, case: Case) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            page = await who.caller.get("notifications", "/v1/inbox", limit=200)
            about = [item for item in page["items"] if item["case_id"] == str(case.id)]
            if about:
                break
            await asyncio.sleep(PAUSE_SECONDS)
    stage.check(len(about) == 1, f"消息：{who.title}收到“{about[0]['title']}”，恰好一条")


async def mailed(stage: Stage, folder: Path, address: str, name: str, before: int) -> None:
    """New mails to that address, none of which names the member: only that something waits."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if found := _mails(folder, address, before):
                break
            await asyncio.sleep(PAUSE_SECONDS)
    if any(name in text for text in found):
        raise NotAsExpected("邮件中出现了党员姓名")
    stage.check(True, f"邮件：{address} 收到 {len(found)} 封，只说有事待办，不含姓名")


def _mails(folder: Path, address: str, before: int) -> list[str]:
    texts: list[str] = []
    for file in sorted(folder.glob("*.eml"))[before:]:
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        if address in str(mail["To"]):
            body = mail.get_body()
            texts.append(f"{mail['Subject']}\n{body.get_content() if body else ''}")
    return texts


_LETTER = {"void": "已作废", "closed": "已办结", "accepted": "已接收", "issued": "已开具"}
