/** What the sample source builds posts from, in one language. */
export interface Language {
  /** As a BCP 47 code. */
  lang: string;
  /** What separates sentences. */
  space: string;
  handles: readonly [string, ...string[]];
  names: readonly [string, ...string[]];
  sentences: readonly [string, ...string[]];
  hashtags: readonly [string, ...string[]];
}

/** Flags, skin tones, families joined by zero-width joiners, keycaps: what breaks naive handling of characters. */
export const EMOJI = [
  "😀",
  "🎉🎉🎉",
  "👩‍💻",
  "👨‍👩‍👧‍👦",
  "🏳️‍🌈",
  "🇯🇵",
  "🇧🇷⚽",
  "👍🏽",
  "❤️‍🔥",
  "🧑🏿‍🚀",
  "1️⃣",
  "☕️",
] as const;

export const LANGUAGES: readonly Language[] = [
  {
    lang: "en",
    space: " ",
    handles: ["harbour_cat", "late_train", "quiet_fox", "mapmaker"],
    names: ["Maya Reed", "Tom O’Hara", "Ines ☀️", "The Late Train"],
    sentences: [
      "The ferry is late again and nobody minds.",
      "Anyone else awake?",
      "Shipped it. Now for a long walk by the river.",
      "“Simple” isn’t the same as “easy”.",
      "First snow of the year, and I forgot my gloves on the bus.",
    ],
    hashtags: ["streaming", "monday", "buildinpublic"],
  },
  {
    lang: "ja",
    space: "",
    handles: ["yuki_neko", "ramen_biyori", "sakura_eki"],
    names: ["佐藤ゆき", "ラーメン日和", "桜駅🌸"],
    sentences: [
      "今日はいい天気ですね。",
      "電車が遅れています！",
      "新しいラーメン屋さん、行列がすごい…",
      "おはようございます。",
      "﨑さんと髙橋さんに𠮷野家で会った。",
    ],
    hashtags: ["今日の猫", "朝ごはん", "ラーメン"],
  },
  {
    lang: "es",
    space: " ",
    handles: ["cafe_y_lluvia", "el_nino_azul", "sofia_mtz"],
    names: ["Sofía Martínez", "Café & Lluvia", "Íñigo"],
    sentences: [
      "¡Qué partidazo anoche!",
      "¿Alguien sabe a qué hora abre el mercado?",
      "Mañana será otro día, pero hoy toca trabajar.",
      "Un café, un libro y la lluvia en la ventana.",
    ],
    hashtags: ["fútbol", "mañana", "cafécito"],
  },
  {
    lang: "ar",
    space: " ",
    handles: ["layla_noor", "qahwa_sabah", "bahr_a"],
    names: ["ليلى نور", "قهوة الصباح", "أحمد البحر"],
    sentences: [
      "صباح الخير يا أصدقاء.",
      "الجوّ جميلٌ اليوم والحمد لله!",
      "هل شاهدتم مباراة الأمس؟",
      "القهوة أولاً، ثم العمل (version 2.0).",
    ],
    hashtags: ["صباح_الخير", "قهوة"],
  },
  {
    lang: "zh",
    space: "",
    handles: ["xiao_ming", "cha_shi", "yueliang"],
    names: ["小明", "茶室", "月亮🌙"],
    sentences: [
      "今天的晚霞真美。",
      "排了两个小时的队，终于吃到了！",
      "有人一起去爬山吗？",
      "繁體字也要能正確顯示：龜、鬱、𪚥。",
    ],
    hashtags: ["周末", "美食"],
  },
  {
    lang: "pt",
    space: " ",
    handles: ["joao_praia", "saudade_rio", "pao_de_queijo"],
    names: ["João da Praia", "Saudade", "Conceição"],
    sentences: [
      "Bom dia, gente!",
      "Não acredito que já é sexta-feira.",
      "A previsão era de chuva, mas o sol apareceu.",
      "Gooool! Que jogo, meus amigos, que jogo!",
    ],
    hashtags: ["sextou", "praia"],
  },
  {
    lang: "hi",
    space: " ",
    handles: ["chai_time", "dilli_wala", "asha_k"],
    names: ["आशा कुमारी", "चाय टाइम", "दिल्लीवाला"],
    sentences: ["नमस्ते दोस्तों!", "आज मौसम बहुत अच्छा है।", "चाय के बिना सुबह अधूरी है।", "क्या कल छुट्टी है?"],
    hashtags: ["चाय", "क्रिकेट"],
  },
  {
    lang: "ko",
    space: " ",
    handles: ["seoul_bam", "gamja", "haneul_0"],
    names: ["서울의 밤", "감자", "김하늘"],
    sentences: [
      "오늘도 화이팅!",
      "비 오는 날엔 파전이지.",
      "지하철에 사람이 너무 많아요ㅠㅠ",
      "벌써 금요일이라니…",
    ],
    hashtags: ["맛집", "일상"],
  },
  {
    lang: "ru",
    space: " ",
    handles: ["ivan_les", "moroz", "dacha_39"],
    names: ["Иван Лес", "Мороз", "Ёлка"],
    sentences: [
      "Доброе утро!",
      "Электричка опять опаздывает, зато читаю книгу.",
      "Ёжик вышел из тумана.",
      "Кто-нибудь видел северное сияние этой ночью?",
    ],
    hashtags: ["утро", "дача"],
  },
  {
    lang: "he",
    space: " ",
    handles: ["yam_tel", "noa_bar", "shabat_s"],
    names: ["נועה בר", "ים תיכון", "דוד"],
    sentences: ["בוקר טוב לכולם!", "מי בא לים היום?", "הרכבת מאחרת ב־20 דקות.", "שָׁלוֹם עולם"],
    hashtags: ["בוקר_טוב", "שבת"],
  },
  {
    lang: "th",
    space: " ",
    handles: ["som_tam", "krungthep", "nong_maew"],
    names: ["ส้มตำ", "น้องแมว", "กรุงเทพ"],
    sentences: ["วันนี้อากาศร้อนมาก", "กินข้าวหรือยัง", "รถติดอีกแล้วที่สุขุมวิท", "ขอบคุณทุกคนนะครับ"],
    hashtags: ["รถติด", "แมว"],
  },
  {
    lang: "el",
    space: " ",
    handles: ["thalassa", "eleni_p", "kafes_gr"],
    names: ["Ελένη Π.", "Θάλασσα", "Καφές στο λιμάνι"],
    sentences: [
      "Καλημέρα σε όλους!",
      "Το πλοίο έφυγε χωρίς εμάς.",
      "Καλοκαίρι, θάλασσα και καρπούζι.",
      "Πού είναι ο Οδυσσέας;",
    ],
    hashtags: ["καλημέρα", "καλοκαίρι"],
  },
];
