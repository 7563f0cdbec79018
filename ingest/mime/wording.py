"""How mail programs say "he wrote", "from", "forwarded" and "sent from my phone", by language.

Data only: English, Spanish, German, French, Portuguese, Italian, Chinese, Japanese, Korean and
Vietnamese; Outlook, Gmail, Apple Mail, Lotus Notes and the Chinese web mailers.
"""

from __future__ import annotations

import re

_MOST_TEXT = r".{0,300}"

#: A line (up to three, joined) that introduces what is answered.
WROTE = re.compile(
    rf"^(?:on\b{_MOST_TEXT}\bwrote|el\b{_MOST_TEXT}\bescribi[óo]|{_MOST_TEXT}\bescribi[óo]"
    rf"|am\b{_MOST_TEXT}\bschrieb\b{_MOST_TEXT}|{_MOST_TEXT}\bschrieb am\b{_MOST_TEXT}"
    rf"|le\b{_MOST_TEXT}\ba [ée]crit|(?:em|a|no dia)\b{_MOST_TEXT}\bescreveu|"
    rf"(?:il|in data)\b{_MOST_TEXT}\bha scritto"
    rf"|{_MOST_TEXT}\bwrote on \d{_MOST_TEXT}|{_MOST_TEXT}[@\d]{_MOST_TEXT}(?:写道|寫道|写到|编写)"
    rf"|{_MOST_TEXT}[@\d]{_MOST_TEXT}(?:のメール|は書きました|が書きました|のメッセージ)"
    rf"|{_MOST_TEXT}[@\d]{_MOST_TEXT}(?:작성|님이 작성|님이 쓴 글|님이 쓰심)"
    rf"|(?:vào|ngày|lúc)\b{_MOST_TEXT}(?:đã viết|viết))\s*[:：]\s*$",
    re.IGNORECASE,
)

#: A rule that stands above what is answered.
ORIGINAL = re.compile(
    r"^[>\s]*[-_=*]{2,}\s*(?:original message|original mail|original email|mensaje original"
    r"|urspr[üu]ngliche nachricht|message d['’]origine|message original|mensagem original"
    r"|messaggio originale|原始邮件|邮件原件|原始郵件|原邮件|元のメッセージ|original-nachricht"
    r"|원본 메(?:시지|일)|tin nhắn gốc|thư gốc)\s*[-_=*]{2,}\s*$",
    re.IGNORECASE,
)

#: A line that stands above what is handed on.
FORWARDED = re.compile(
    r"^[>\s]*(?:[-_=*]{2,}\s*)?(?:forwarded (?:message|mail|by\b.{0,120})|begin forwarded message"
    r"|mensaje reenviado|inicio del mensaje reenviado|reenviado por\b.{0,120}"
    r"|weitergeleitete nachricht|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|message transf[ée]r[ée]|d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])"
    r"|mensagem (?:encaminhada|reencaminhada)|in[íi]cio da mensagem (?:re)?encaminhada"
    r"|messaggio inoltrato|inizio messaggio inoltrato|(?:以下是|下面是)?(?:被)?转发的?邮件(?:信息)?"
    r"|(?:以下是)?轉寄的?郵件|転送(?:された)?メッセージ(?:を開始)?|전달된 메(?:시지|일)"
    r"|(?:thư|tin nhắn) (?:được |đã )?chuyển tiếp|bắt đầu thư được chuyển tiếp)"
    r"\s*[:：]?\s*(?:[-_=*]{2,})?\s*$",
    re.IGNORECASE,
)

LABELS = {
    "from": "from|de|von|da|发件人|寄件者|寄件人|差出人|보낸 ?사람|từ|người gửi|expéditeur|mittente",
    "sent": "sent|date|enviad[oa](?: el| em)?|fecha|gesendet|datum|envoyé|data|inviato|发送时间|发送日期"
    "|日期|寄件日期|送信日時|日付|보낸 ?날짜|날짜|đã gửi|ngày|thời gian",
    "to": "to|para|an|à|a|收件人|宛先|받는 ?사람|tới|đến|người nhận|destinataire|destinatario",
    "subject": "subject|asunto|betreff|objet|assunto|oggetto|主题|主旨|标题|件名|제목|chủ đề|tiêu đề",
    "cc": "cc|kopie|copie|抄送|참조",
}
HEADS = {
    name: re.compile(rf"^[>\s*]*(?:{words})\s*\**\s*[:：]\s*\**(.*)$", re.IGNORECASE)
    for name, words in LABELS.items()
}

REPLIES = re.compile(
    r"^\s*(?:re|aw|antw|antwort|rv?|r|res|ris|sv|回复|回覆|答复|답장|回信|trả lời|tl)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
FORWARDS = re.compile(
    r"^\s*(?:fwd?|wg|wtr|tr|rv|reenv?|enc|i|转发|轉寄|転送|전달|chuyển tiếp|fw)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)

#: The last words before the name of who wrote.
FAREWELL = re.compile(
    r"^[\s*_]*(?:(?:best|kind(?:est)?|warm(?:est)?|many)\s+(?:regards|wishes|thanks)|regards"
    r"|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|thanks?(?: you)?(?: (?:and|&) (?:best |kind )?regards)?"
    r"|thanks (?:so|very) much|b\.?rgds|rgds|cheers|(?:cordiales |un )?saludos(?: cordiales)?|atentamente|cordialmente"
    r"|mit (?:freundlichen|besten|vielen) gr[üu](?:ß|ss)en|(?:freundliche|viele|beste|liebe) gr[üu](?:ß|ss)e|mfg|vg"
    r"|(?:bien )?cordialement|salutations(?: distinguées)?|bien à vous|atenciosamente|att|abraços|cumprimentos"
    r"|(?:cordiali|distinti) saluti|saluti|此致|敬礼|顺祝商祺|祝好|谢谢|よろしくお願い(?:いた)?します"
    r"|以上、?よろしくお願いいたします|敬具|감사합니다|드림|trân trọng|thân mến|cảm ơn)"
    r"\s*[,，.。!！/]*\s*[*_]*\s*$",
    re.IGNORECASE,
)
PHONE = re.compile(
    r"^\s*(?:sent from (?:my|mail for|outlook for|yahoo)|get outlook for|enviado (?:desde|do|a partir)"
    r"|von meinem .{1,40} gesendet|gesendet (?:von|mit)|envoyé (?:de|depuis)|inviato da"
    r"|发自我的|從我的|iPhoneから送信|나의 .{1,20}에서 보냄|được gửi từ)",
    re.IGNORECASE,
)
LEGAL = re.compile(
    r"^[\s*_]*(?:confidential(?:ity)?(?: notice)?\b|disclaimer\b|legal notice|important notice"
    r"|this (?:e-?mail|message|communication|transmission)\b.{0,80}\b(?:confidential|intended|privileged|contain)"
    r"|the (?:information|content)s? (?:contained )?in this (?:e-?mail|message)"
    r"|please consider the environment|este (?:mensaje|correo)\b|aviso (?:legal|de confidencialidad)"
    r"|esta mensagem\b|diese (?:e-?mail|nachricht)\b.{0,80}\bvertraulich|ce (?:message|courriel)\b.{0,80}\bconfidentiel"
    r"|questo messaggio\b|本邮件|此邮件|このメール(?:は|に)|본 메일|email này)",
    re.IGNORECASE,
)
