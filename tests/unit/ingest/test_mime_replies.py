"""Only the new part of a reply counts; a forward is the message; a signature says nothing of goods."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import mime
from ingest.mime import quotes

NEW = "Here is the invoice, B/L No.: NEW1234567."
OLD = "please send B/L No.: OLD7654321"

ATTRIBUTIONS = [
    "On Mon, Nov 2, 2026 at 9:14 AM Desk <desk@x.example> wrote:",
    "On Nov 2, 2026, at 09:14, Desk\n<desk@x.example> wrote:",
    "El lun, 2 nov 2026 a las 9:14, Desk (<desk@x.example>) escribió:",
    "Am Mo., 2. Nov. 2026 um 09:14 Uhr schrieb Desk <desk@x.example>:",
    "Am 02.11.2026 um 09:14 schrieb Desk:",
    "Le lun. 2 nov. 2026 à 09:14, Desk <desk@x.example> a écrit :",
    "Em seg., 2 de nov. de 2026 às 09:14, Desk <desk@x.example> escreveu:",
    "Il giorno lun 2 nov 2026 alle ore 09:14 Desk <desk@x.example> ha scritto:",
    "Desk <desk@x.example> 于2026年11月2日周一 09:14写道：",
    "在 2026年11月2日，09:14，Desk <desk@x.example> 写道：",
    "Desk <desk@x.example> 於 2026年11月2日 週一 09:14寫道：",
    "2026年11月2日(月) 9:14 Desk <desk@x.example>のメール:",
    "2026年11月2日(月) 9:14 Desk <desk@x.example> は書きました:",
    "2026년 11월 2일 (월) 오전 9:14, Desk <desk@x.example>님이 작성:",
    "Vào Th 2, 2 thg 11, 2026 vào lúc 09:14 Desk <desk@x.example> đã viết:",
    "Desk <desk@x.example> wrote on 11/02/2026 09:14:33 AM:",
]
HEADS = [
    "From: Desk <desk@x.example>\nSent: Monday, November 2, 2026 9:14 AM\nTo: Amy\nSubject: RE: docs",
    "De: Desk <desk@x.example>\nEnviado el: lunes, 2 de noviembre de 2026 9:14\nPara: Amy\nAsunto: RE: docs",
    "Von: Desk <desk@x.example>\nGesendet: Montag, 2. November 2026 09:14\nAn: Amy\nBetreff: AW: docs",
    "De : Desk <desk@x.example>\nEnvoyé : lundi 2 novembre 2026 09:14\nÀ : Amy\nObjet : RE: docs",
    "De: Desk <desk@x.example>\nEnviada em: segunda-feira, 2 de novembro\nPara: Amy\nAssunto: RES: docs",
    "Da: Desk <desk@x.example>\nInviato: lunedì 2 novembre 2026 09:14\nA: Amy\nOggetto: R: docs",
    "发件人: Desk <desk@x.example>\n发送时间: 2026年11月2日 9:14\n收件人: Amy\n主题: 回复: docs",
    "差出人: Desk <desk@x.example>\n送信日時: 2026年11月2日 9:14\n宛先: Amy\n件名: Re: docs",
    "보낸 사람: Desk <desk@x.example>\n보낸 날짜: 2026년 11월 2일\n받는 사람: Amy\n제목: RE: docs",
    "Từ: Desk <desk@x.example>\nĐã gửi: 2 tháng 11 2026\nTới: Amy\nChủ đề: RE: docs",
    "*From:* Desk <desk@x.example>\n*Date:* Monday, November 2, 2026 at 9:14 AM\n*To:* Amy\n*Subject:* RE: docs",
    "-----Original Message-----\nFrom: Desk",
    "-----Ursprüngliche Nachricht-----\nVon: Desk",
    "-----Mensaje original-----\nDe: Desk",
    "-----Message d'origine-----\nDe : Desk",
    "-----Mensagem original-----\nDe: Desk",
    "-----Messaggio originale-----\nDa: Desk",
    "------------------ 原始邮件 ------------------\n发件人: Desk",
    "-----元のメッセージ-----\n差出人: Desk",
    "-----원본 메시지-----\n보낸 사람: Desk",
    "-----Thư gốc-----\nTừ: Desk",
    "________________________________\nFrom: Desk <desk@x.example>\nSent: Monday\nTo: Amy\nSubject: docs",
    "Desk---11/02/2026 09:14:33 AM---please send",
]
FORWARDS = [
    "---------- Forwarded message ---------\nFrom: Ha <ha@l.example>\nDate: Mon, Nov 2\nSubject: docs\nTo: Amy",
    "Begin forwarded message:\n\n> From: Ha <ha@l.example>\n> Subject: docs\n> Date: 2 Nov",
    "-------- Forwarded Message --------\nSubject: docs\nDate: Mon\nFrom: Ha <ha@l.example>\nTo: Amy",
    "---------- Mensaje reenviado ----------\nDe: Ha <ha@l.example>\nFecha: lun\nAsunto: docs",
    "---------- Weitergeleitete Nachricht ----------\nVon: Ha <ha@l.example>\nBetreff: docs",
    "Anfang der weitergeleiteten Nachricht:\n\nVon: Ha <ha@l.example>\nBetreff: docs",
    "---------- Message transféré ----------\nDe : Ha <ha@l.example>\nObjet : docs",
    "Début du message réexpédié :\n\nDe: Ha <ha@l.example>\nObjet: docs",
    "---------- Mensagem encaminhada ----------\nDe: Ha <ha@l.example>\nAssunto: docs",
    "---------- Messaggio inoltrato ----------\nDa: Ha <ha@l.example>\nOggetto: docs",
    "-------- 转发邮件信息 --------\n发件人：Ha <ha@l.example>\n主题：docs",
    "---------- 転送メッセージ ----------\n差出人: Ha <ha@l.example>\n件名: docs",
    "---------- 전달된 메시지 ----------\n보낸사람: Ha <ha@l.example>\n제목: docs",
    "---------- Thư được chuyển tiếp ----------\nTừ: Ha <ha@l.example>\nChủ đề: docs",
    "----- Forwarded by Amy/ACME on 11/02/2026 09:14 AM -----\n\nFrom: Ha/LOTUS\nSubject: docs",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_quoted_words_below_who_wrote_them_do_not_count(attribution: str, mark: str) -> None:
    text = f"{NEW}\n\n{attribution}\n\n{mark}{OLD}\n"
    assert mime.new_words(text, subject="Re: docs") == NEW


@pytest.mark.parametrize("head", HEADS)
def test_the_mail_below_an_outlook_answer_does_not_count(head: str) -> None:
    assert mime.new_words(f"{NEW}\n\n{head}\n\n{OLD}\n", subject="RE: docs") == NEW


@pytest.mark.parametrize("head", HEADS[:11])
def test_the_same_head_in_a_forward_is_the_message(head: str) -> None:
    head = head.replace("RE: ", "").replace("AW: ", "").replace("RES: ", "").replace("R: ", "")
    words = mime.new_words(
        f"FYI\n\n{head.replace('回复: ', '').replace('Re: ', '')}\n\n{NEW}\n", subject="FW: docs"
    )
    assert NEW in words


@pytest.mark.parametrize("head", FORWARDS)
def test_what_is_handed_on_counts(head: str) -> None:
    assert NEW in mime.new_words(f"see below\n\n{head}\n\n{NEW}\n", subject="Fwd: docs")


def test_the_history_of_a_forwarded_mail_is_history() -> None:
    inner = f"From: Ha <ha@l.example>\nSent: Monday\nTo: Amy\nSubject: RE: docs\n\n{NEW}\n\nFrom: Desk <d@x.example>\nSent: Sunday\nTo: Ha\nSubject: docs\n\n{OLD}"
    words = mime.new_words(f"FYI\n\n{inner}", subject="FW: docs")
    assert NEW in words
    assert OLD not in words


def test_answers_between_the_quotes_are_kept() -> None:
    text = (
        "On Mon, 2 Nov 2026, Desk <d@x.example> wrote:\n> Which B/L?\nZZZQ1\n> Which PO?\nPO 77\n"
    )
    assert mime.new_words(text, subject="Re: docs") == "ZZZQ1\nPO 77"


@pytest.mark.parametrize(
    "text",
    [
        "From: Shanghai\nTo: Long Beach\nDate: 2026-11-01\nVessel: LOTUS",
        "On Monday the carrier wrote:\nthe vessel is late",
        "Subject: docs\nthe goods are from: China",
        "Please note the following:\n1. Invoice\n2. Packing list",
    ],
)
def test_words_of_the_sender_that_look_like_a_head_are_kept(text: str) -> None:
    assert mime.new_words(text) == text


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote"><div class="gmail_attr">On Mon, 2 Nov 2026 Desk &lt;d@x.example&gt; wrote:<br></div><blockquote class="gmail_quote">{}</blockquote></div>',
        '<blockquote type="cite"><div>On Nov 2, 2026, Desk &lt;d@x.example&gt; wrote:</div><div>{}</div></blockquote>',
        '<hr><div id="divRplyFwdMsg"><b>From:</b> Desk &lt;d@x.example&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Amy<br><b>Subject:</b> docs</div><div>{}</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Von:</b> Desk &lt;d@x.example&gt;<br><b>Gesendet:</b> Montag<br><b>An:</b> Amy<br><b>Betreff:</b> docs</p></div><p>{}</p>',
    ],
)
def test_quotes_in_html_are_cut_and_answers_between_them_kept(quote: str) -> None:
    made = EmailMessage()
    made["Subject"] = "Re: docs"
    made.set_content(f"<div>{NEW}</div>" + quote.format(OLD), subtype="html")
    parsed = mime.parse(made.as_bytes())
    assert parsed.new == NEW
    assert OLD in parsed.text


def test_a_gmail_forward_in_html_is_the_message() -> None:
    made = EmailMessage()
    made["Subject"] = "Fwd: docs"
    made.set_content(
        '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Ha &lt;ha@l.example&gt;<br>'
        f"Subject: docs<br></div><p>{NEW}</p></div>",
        subtype="html",
    )
    assert NEW in mime.parse(made.as_bytes()).new


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAmy Chen\nP.O. Box 4471",
        "Best regards,\n\nAmy Chen\nOrder desk, PO Box 4471",
        "Mit freundlichen Grüßen\nAmy Chen\nP.O. Box 4471",
        "Saludos cordiales,\nAmy\nP.O. Box 4471",
        "Cordialement,\nAmy\nP.O. Box 4471",
        "Trân trọng,\nAmy\nP.O. Box 4471",
        "此致\n敬礼\nAmy\nP.O. Box 4471",
        "Sent from my iPhone, PO Box 4471",
        "CONFIDENTIALITY NOTICE: this e-mail concerns PO Box 4471",
        "This e-mail and its attachments are confidential.\nPO Box 4471",
    ],
)
def test_a_signature_stays_in_the_text_and_says_nothing_of_the_goods(signature: str) -> None:
    stored = mime.new_words(f"{NEW}\n\n{signature}")
    assert "4471" in stored
    assert mime.counting(stored) == NEW


@pytest.mark.parametrize(
    "tail", ["PS: the container is ZZZU3045127", "Container: ZZZU3045127", "Invoice no. 77881"]
)
def test_a_number_of_the_shipment_below_the_name_still_counts(tail: str) -> None:
    assert tail in mime.counting(f"Hello\n\nBest regards,\nAmy\n\n{tail}")


def test_thanks_above_the_matter_is_no_farewell() -> None:
    text = "Thanks!\nThe goods of this order were loaded yesterday on the vessel named LOTUS STREAM and sail today."
    assert mime.counting(text) == text


def test_the_signature_of_a_forwarded_mail_does_not_hide_the_next_one() -> None:
    text = (
        f"Hi\nRegards,\nAmy\n---------- Forwarded mail ----------\nFrom: Ha <ha@l.example>\n\n{NEW}"
    )
    assert NEW in mime.counting(text)


@given(
    st.lists(
        st.sampled_from([*ATTRIBUTIONS, *HEADS, *FORWARDS, NEW, f"> {OLD}", "", "Best regards,"]),
        max_size=12,
    )
)
def test_new_words_are_words_of_the_mail_in_any_mixture(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert set(quotes.new_words(text, subject="Re: x").split()) <= set(text.split())
    assert set(mime.counting(text).split()) <= set(text.split())
