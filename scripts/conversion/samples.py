"""Texts to compare tokenizers and models on: short, long, in many scripts, all characters, and drawn at random."""

import random
from collections.abc import Iterator

TEXTS = [
    "A man is eating food.",
    "Lockstep keeps predictions in step with the data, whoever writes it: an application, a job, the shell.",
    "def embed(texts): return [model(text) for text in texts]  # O(n), 3.14e-10, user@example.org, https://example.org/a?b=c",
    "Der Fluß fließt über große Äcker; Straßenbahnhaltestelle, Weißwurstfrühstück, ÄÖÜ ẞ.",
    "L'été dernier, où étiez-vous ? Ça coûte 12 € — c'est déjà cher, n'est-ce pas…",
    "El niño comió jalapeños; ¿cuántos? ¡Muchísimos! Ação, coração, não, informações.",
    "Η γρήγορη καφέ αλεπού πηδά πάνω από το τεμπέλικο σκυλί· ΟΔΥΣΣΕΥΣ, Ὀδυσσεύς, ϑ ϕ ϰ ϱ ϵ ς Σ µ μ ᾳ.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю. Їжак, ґанок, ЩЁЛОЧЬ, ᲀᲁᲂᲃᲄᲅᲆᲇᲈ.",
    "다람쥐 헌 쳇바퀴에 타고파. 대한민국의국민이되는요건은법률로정한다국가는법률이정하는바에의하여재외국민을보호할의무를진다",
    "いろはにほへと ちりぬるを。わがよたれそつねならむ、うゐのおくやまけふこえて。カタカナ ﾊﾝｶｸ ㍿ ガギグゲゴ",
    "我能吞下玻璃而不伤身体。機械学習モデルは文章をベクトルにする。𠀀𠮷𫝀𫠝 〇々〆",
    "أنا قادر على أكل الزجاج و هذا لا يؤلمني. اَلْعَرَبِيَّةُ، ١٢٣؟ فارسی می‌نویسم.",
    "אני יכול לאכול זכוכית וזה לא מזיק לי. בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "मैं काँच खा सकता हूँ और मुझे उससे कोई चोट नहीं पहुंचती। क्षत्रिय ज्ञान श्री १२३",
    "ฉันกินกระจกได้ แต่มันไม่ทำให้ฉันเจ็บ ภาษาไทยไม่มีช่องว่าง",
    "Tôi có thể ăn thủy tinh mà không hại gì. Nguyễn Đình Chiểu, đường phố Hà Nội.",
    "İstanbul'da ılık bir yaz akşamı; IĞDIR, ŞIRNAK, çığlık. Pchnąć w tę łódź jeża lub ośm skrzyń fig.",
    "შეიძლება მინის ჭამა და არ მტკივა. Կրնամ ապակի ուտել և ինծի անհանգիստ չըներ։ ᲒᲐᲛᲐᲠᲯᲝᲑᲐ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 é é ñ ﬁ ﬀ ſ ẛ Ǆ ǅ ℌ ½ ① ™ ﹏ ‽ ⸮ 〜 — – ‐ ⁃ \u200b\u200d\ufeff\u00ad\u2028\u2029\u00a0\u3000",
    "e" * 100 + " " + "e" * 101 + " " + "ж" * 51 + " " + "か" * 34 + " " + "각" * 30,
    "tabs\tand\nlines\r\nand\x00nothing\x07 \x7f \x85 \ufffd \ue000 [CLS] [SEP] [MASK] <s> </s> <mask> ##word",
    "",
    " \t\n ",
    "one " * 700,
    "The sentence is long. " * 120 + "Это длинный текст. " * 60 + "文章が長い。" * 80,
]

SCRIPTS = [
    (0x20, 0x7F), (0x20, 0x7F), (0x20, 0x7F), (0xA0, 0x250), (0x250, 0x370), (0x300, 0x370), (0x370, 0x400), (0x400, 0x530),
    (0x590, 0x600), (0x600, 0x700), (0x900, 0xA00), (0xE00, 0xE80), (0x10A0, 0x1200), (0x1AB0, 0x1E00), (0x1E00, 0x2000),
    (0x2000, 0x2070), (0x2070, 0x2C00), (0x2C00, 0x2E80), (0x2E00, 0x2E60), (0x3000, 0x3100), (0x3040, 0x3100),
    (0x4E00, 0xA000), (0xA640, 0xAB70), (0xAC00, 0xD7A4), (0xF900, 0x10000), (0x10000, 0x12000), (0x1D000, 0x1F000),
    (0x1F000, 0x20000), (0x20000, 0x32000), (0xE0000, 0x110000),
]  # fmt: skip


def in_chunks(characters: list, size: int = 64) -> Iterator[str]:
    """Texts that hold each character alone, in a word, at the ends of words, and beside marks."""
    for start in range(0, len(characters), size):
        yield " ".join(f"{c} a{c}b {c}é é{c} .{c}." for c in characters[start : start + size])


# Letters that vocabularies know: only in words that are not unknown as a whole does the limit of a word show.
KNOWN = ["etaoinsr", "éàüñ", "оеаинтсрвл", "αοιετσνη", "のにはをたがでて", "가나다라마각은", "ا ل م", "한국어を", "E" * 3]
LENGTHS = [10, 11, 12, 25, 33, 34, 50, 51, 99, 100, 101, 102, 133, 134, 200, 400, 401]


def drawn(seed: int, count: int) -> Iterator[str]:
    """Texts of up to some hundred characters, a few scripts in each; words of any length, marks, controls."""
    source = random.Random(seed)
    gaps = [" ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u200b", "-", ".", "", "\u3000"]
    for _ in range(count):
        ranges = source.sample(SCRIPTS, source.choice([1, 1, 2, 3, 6]))
        text = ""
        for _ in range(source.choice([1, 2, 3, 5, 8, 20])):
            if source.random() < 0.05:
                letters = source.choice(KNOWN)
                text += "".join(source.choices(letters, k=source.choice(LENGTHS)))
            else:
                low, high = source.choice(ranges)
                word = (chr(source.randrange(low, high)) for _ in range(source.randint(1, 9)))
                text += "".join(c for c in word if not 0xD800 <= ord(c) < 0xE000)
            text += source.choice(gaps)
        yield text
