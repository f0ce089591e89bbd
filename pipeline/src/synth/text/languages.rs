//! Thirteen made-up languages: each has the letters, the sound, the little words and the habits of a real one.
//!
//! Words are put together from syllables, so no text is anybody's. Only the little words, which every text of a
//! language has, and a few stock phrases are real.

/// What texts of one language are made of. Lists are separated by spaces, phrases by `|`.
#[derive(Debug)]
pub(super) struct Language {
    /// The code the platform gives.
    pub(super) code: &'static str,
    /// Share of accounts that write it, of 1000.
    pub(super) share: u32,
    /// Whether words stand apart.
    pub(super) spaced: bool,
    /// Whether a character says as much as two Latin letters, and weighs two in the platform's limit.
    pub(super) dense: bool,
    /// Whether upper case and lower case are the same text: false where there is none, and for Turkish,
    /// whose dotless i folds onto another letter.
    pub(super) cased: bool,
    /// How syllables begin.
    pub(super) heads: &'static str,
    /// How syllables end; empty for languages whose units stand for themselves.
    pub(super) tails: &'static str,
    /// Fewest and most syllables in a word that isn't among the commonest.
    pub(super) syllables: (u32, u32),
    /// Little words.
    pub(super) glue: &'static str,
    /// Beginnings of the 64 syllables names are made of.
    pub(super) name_heads: &'static str,
    /// Endings of the 64 syllables names are made of.
    pub(super) name_tails: &'static str,
    /// Marks that end a sentence.
    pub(super) stops: &'static str,
    /// The mark inside a sentence, with the space after it.
    pub(super) comma: &'static str,
    /// Ways to laugh.
    pub(super) laughs: &'static str,
    /// Whole texts that many people write.
    pub(super) phrases: &'static str,
}

const LATIN_NAME_HEADS: &str = "b d f g h k l m n p r s t v y z";
const LATIN_NAME_TAILS: &str = "a e i o";

/// Every language, the commonest first; shares add up to 1000.
pub(super) const LANGUAGES: [Language; 13] = [
    Language {
        code: "en",
        share: 410,
        spaced: true,
        dense: false,
        cased: true,
        heads: "b bl br c ch cl d dr f fl g gr h j k l m n p pl pr r s sh sl st t th tr v w wh y",
        tails: "a ack ain an and ar ast ay e ead eal ed een ell en er est ide ill in ine ing o old on ong oom ot ound \
                out ow un up ure y",
        syllables: (1, 3),
        glue: "the of a to and in is it you that he was for on are with as I they be at one have this from or had by \
               but not what all were we when your can there an which she do how if will up about out many then them \
               so some her would make like him into has look more see no way could my than been its now just really",
        name_heads: LATIN_NAME_HEADS,
        name_tails: LATIN_NAME_TAILS,
        stops: ". . . ! ? ... !!",
        comma: ", ",
        laughs: "lol haha lmao hahaha",
        phrases: "good morning|good night|lol|so true|happy birthday|thank you so much|no way|me too|what a day|same \
                  here|I am so tired|this is it|love this",
    },
    Language {
        code: "ja",
        share: 120,
        spaced: false,
        dense: true,
        cased: false,
        heads: "山 川 空 海 花 鳥 風 月 星 雪 雨 朝 昼 夜 春 夏 秋 冬 人 友 家 店 町 道 車 駅 本 歌 絵 声 手 目 心 水 火 木 \
                金 土 日 時 年 今 前 後 上 下 中 外 大 小 新 古 高 安 楽 好 見 行 来 食 飲 話 読 書 買 作 待 思 知 使 \
                さく ねる とぶ ゆめ そら うみ かぜ ひと こと もの ところ みち まち いろ おと",
        tails: "",
        syllables: (1, 2),
        glue: "は が を に で と も の から まで です ます した ない よ ね って けど でも また もう とても すごく ちょっと",
        name_heads: "ア イ ウ エ オ カ キ ク ケ コ サ シ ス セ ソ タ チ ツ テ ト ナ ニ ヌ ネ ノ ハ ヒ フ ヘ ホ マ ミ ム メ モ \
                     ヤ ユ ヨ ラ リ ル レ ロ ワ ガ ギ グ ゲ ゴ ザ ジ ズ ゼ ゾ ダ デ ド バ ビ ブ ベ ボ パ ピ",
        name_tails: "",
        stops: "。 。 ！ ？ … 〜",
        comma: "、",
        laughs: "笑 www 草",
        phrases: "おはよう|おやすみ|ありがとう|お疲れさま|ただいま|おめでとう|かわいい|すごい|眠い|お腹すいた",
    },
    Language {
        code: "es",
        share: 90,
        spaced: true,
        dense: false,
        cased: true,
        heads: "b br c ch d f g gr h j l ll m n ñ p pl pr qu r s t tr v y",
        tails: "a ado al an ar as ción e el en er es i ía ido o ón or os ué ó á en illo",
        syllables: (2, 3),
        glue: "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si \
               sin sobre este ya entre cuando todo esta ser son dos también fue había era muy hasta desde mi porque",
        name_heads: LATIN_NAME_HEADS,
        name_tails: LATIN_NAME_TAILS,
        stops: ". . . ! ? ...",
        comma: ", ",
        laughs: "jaja jajaja jajajaja",
        phrases: "buenos días|buenas noches|feliz cumpleaños|muchas gracias|qué risa|no puede ser|te quiero|yo también",
    },
    Language {
        code: "pt",
        share: 85,
        spaced: true,
        dense: false,
        cased: true,
        heads: "b br c ch d f g gr j l lh m n nh p pr qu r s t tr v x z",
        tails: "a ado ar as ão e ei em er es i inha o or os ou um ções á é",
        syllables: (2, 3),
        glue: "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à \
               seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem",
        name_heads: LATIN_NAME_HEADS,
        name_tails: LATIN_NAME_TAILS,
        stops: ". . ! ? ...",
        comma: ", ",
        laughs: "kkkk kkkkkk rsrs haha",
        phrases: "bom dia|boa noite|feliz aniversário|muito obrigado|saudades|que sono|eu também|meu deus",
    },
    Language {
        code: "th",
        share: 65,
        spaced: false,
        dense: false,
        cased: false,
        heads: "กา ขา คา งา จา ชา ซา ดา ตา ทา นา บา ปา พา ฟา มา ยา รา ลา วา สา หา อา กี ที ดี มี ปี สี กู คู ดู รู ปู ไก ไป \
                ใจ ได ใน เก เล เม แก แม แล โล โม โต รั กั ดั ตั",
        tails: "น ง ม ก ด บ ย ว",
        syllables: (1, 3),
        glue: "ที่ และ ใน เป็น มี ไม่ ได้ ว่า ของ ให้ จะ กับ แล้ว ก็ มา ไป อยู่ นี้ แต่ เรา คน มาก ๆ",
        name_heads: "ก ข ค จ ช ด ต ท น บ ป พ ม ร ล ส",
        name_tails: "า ี ู อ",
        stops: "  ! ... ๆ",
        comma: " ",
        laughs: "555 5555 ฮ่าๆ",
        phrases: "สวัสดี|ฝันดี|ขอบคุณ|คิดถึง|น่ารัก|สู้ ๆ|ง่วงนอน",
    },
    Language {
        code: "tr",
        share: 55,
        spaced: true,
        dense: false,
        cased: false,
        heads: "b c ç d f g h k l m n p r s ş t v y z",
        tails: "a an ar e el en er ı ım i il im ir lar ler ma mek o ol u un ü ün yor",
        syllables: (2, 4),
        glue: "bir ve bu da de için çok ne var ama gibi daha o ben sen mi ki en kadar sonra her şey değil olan ya \
               diye iyi zaman biz hiç nasıl",
        name_heads: "b c d f g h k l m n p r s t v y",
        name_tails: "a e o u",
        stops: ". . ! ? ...",
        comma: ", ",
        laughs: "haha ahaha",
        phrases: "günaydın|iyi geceler|teşekkür ederim|mutlu yıllar|ben de|çok güzel",
    },
    Language {
        code: "ar",
        share: 50,
        spaced: true,
        dense: false,
        cased: false,
        heads: "ب ت ج ح خ د ر ز س ش ص ط ع غ ف ق ل م ن ه و ي",
        tails: "ا و ي ان ون ين ات ر د م ل ه",
        syllables: (2, 3),
        glue: "في من على أن إلى هذا ما لا كل عن مع هو هي كان قد يا ثم أو بعد قبل حتى لم لن إذا التي الذي بين عند",
        name_heads: "ب ت ج د ر ز س ش ط ع ف ق ك ل م ن",
        name_tails: "ا و ي ه",
        stops: ". . ! ؟ ..",
        comma: "، ",
        laughs: "ههه هههههه",
        phrases: "صباح الخير|مساء الخير|شكرا لك|الحمد لله|كل عام وأنت بخير|تصبحون على خير",
    },
    Language {
        code: "ko",
        share: 40,
        spaced: true,
        dense: true,
        cased: false,
        heads: "가 나 다 라 마 바 사 아 자 차 하 고 노 도 로 모 보 소 오 조 구 누 두 무 부 수 우 주 기 니 디 리 미 비 시 이 지 \
                강 남 달 람 말 발 산 안 장 창 한 금 늘 들 른 를 은 을 인 진 일 길 김 집 꽃 별 봄 빛 꿈",
        tails: "",
        syllables: (1, 4),
        glue: "정말 너무 진짜 오늘 내일 그리고 하지만 그냥 아직 이제 다시 많이 조금 우리 나는 내가 이거 그거 같이 있는 없는 하는",
        name_heads: "강 고 구 권 김 남 노 도 류 문 민 박 배 백 서 선 성 송 신 안 양 엄 여 연 오 우 원 유 윤 은 이 임 장 전 정 조 \
                     주 준 지 진 차 채 천 최 추 태 하 한 허 현 형 혜 호 홍 황 희 가 나 다 라 마 바 사 아",
        name_tails: "",
        stops: ". . ! ? ~ ...",
        comma: ", ",
        laughs: "ㅋㅋ ㅋㅋㅋㅋ ㅎㅎ",
        phrases: "안녕하세요|잘자요|고마워요|축하해요|배고파|귀여워|보고 싶다",
    },
    Language {
        code: "in",
        share: 35,
        spaced: true,
        dense: false,
        cased: true,
        heads: "b c d g h j k l m n ng ny p r s t w y",
        tails: "a ah ai ak an ang ar as at e en i ih in ing is it o ok u uk un us",
        syllables: (2, 3),
        glue: "yang di dan itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada kita aku mau sudah \
               bisa lagi kalau tapi banget aja sih kok ya",
        name_heads: LATIN_NAME_HEADS,
        name_tails: LATIN_NAME_TAILS,
        stops: ". . ! ? ...",
        comma: ", ",
        laughs: "wkwk wkwkwk haha",
        phrases: "selamat pagi|selamat malam|terima kasih|selamat ulang tahun|aku juga|semangat",
    },
    Language {
        code: "fr",
        share: 25,
        spaced: true,
        dense: false,
        cased: true,
        heads: "b br c ch d f g gr j l m n p pl pr qu r s t tr v",
        tails: "a ai ais an au e é ée er es et eu eur in ire oi ou our ue",
        syllables: (1, 3),
        glue: "le de un à être et en avoir que pour dans ce il qui ne sur se pas plus par je avec tout faire son mais \
               nous comme ou si leur bien dire elle cette très encore aussi même chez",
        name_heads: LATIN_NAME_HEADS,
        name_tails: LATIN_NAME_TAILS,
        stops: ". . ! ? ...",
        comma: ", ",
        laughs: "mdr ptdr haha",
        phrases: "bonjour|bonne nuit|joyeux anniversaire|merci beaucoup|moi aussi|c'est beau",
    },
    Language {
        code: "ru",
        share: 10,
        spaced: true,
        dense: false,
        cased: true,
        heads: "б в г гл д ж з к кр л м н п пр р с ск ст т тр х ч ш",
        tails: "а ал ам ать е ел ен ер и им ит ла ло на о ов ой ом ый ы я",
        syllables: (2, 3),
        glue: "и в не на я что тот быть с он а как это по но они мы этот который из у за свой весь год от так о для ты \
               же все мочь вы такой его только себя ещё один",
        name_heads: "б в г д з к л м н п р с т ф х ш",
        name_tails: "а е и о",
        stops: ". . ! ? ...",
        comma: ", ",
        laughs: "хаха ахаха",
        phrases: "доброе утро|спокойной ночи|с днём рождения|большое спасибо|я тоже|как дела",
    },
    Language {
        code: "hi",
        share: 8,
        spaced: true,
        dense: false,
        cased: false,
        heads: "क ख ग घ च ज ट ड त द न प ब भ म य र ल व स ह",
        tails: "ा ि ी े ो ु ू न र ल",
        syllables: (2, 3),
        glue: "है का की के में से को और यह वह नहीं भी तो पर हम तुम मैं ने जो कि था थे अब बहुत सब",
        name_heads: "क ग च ज ट ड त द न प ब म र ल व स",
        name_tails: "ा ी ू े",
        stops: "। । ! ?",
        comma: ", ",
        laughs: "हाहा",
        phrases: "सुप्रभात|शुभ रात्रि|धन्यवाद|जन्मदिन मुबारक|बहुत अच्छा",
    },
    Language {
        code: "zh",
        share: 7,
        spaced: false,
        dense: true,
        cased: false,
        heads: "天 地 人 山 水 火 风 云 雨 雪 花 草 树 木 林 江 河 湖 海 城 市 街 路 车 船 书 画 诗 歌 茶 酒 饭 菜 衣 门 窗 灯 \
                光 声 音 心 手 眼 头 身 日 月 星 春 夏 秋 冬 早 晚 今 明 昨 年 时 分 大 小 多 少 高 低 长 短 新 旧 好 坏 \
                美 乐 喜 爱 看 听 说 读 写 走 跑 坐 吃 喝 玩 买 卖 想 知 学 做 开 关 来 去",
        tails: "",
        syllables: (1, 2),
        glue: "的 了 是 在 我 你 不 也 就 都 很 啊 吧 有 和 这 那 还 没 要 会 能 可以 因为 所以 但是 如果",
        name_heads: "赵 钱 孙 李 周 吴 郑 王 冯 陈 褚 卫 蒋 沈 韩 杨 朱 秦 尤 许 何 吕 施 张 孔 曹 严 华 金 魏 陶 姜 戚 谢 邹 喻 \
                     柏 窦 章 苏 潘 葛 奚 范 彭 郎 鲁 韦 昌 马 苗 凤 方 俞 任 袁 柳 唐 罗 薛 贺 倪 汤 滕",
        name_tails: "",
        stops: "。 。 ！ ？ ……",
        comma: "，",
        laughs: "哈哈 哈哈哈 233",
        phrases: "早安|晚安|谢谢|生日快乐|好累|太可爱了|我也是",
    },
];

/// Hearts, faces, flags, families: one code point, several, with variation selectors, skin tones and joiners.
pub(super) const EMOJI: [&str; 32] = [
    "😂",
    "❤️",
    "😭",
    "🔥",
    "😍",
    "🙏",
    "✨",
    "🥺",
    "😊",
    "💕",
    "👍🏽",
    "🤣",
    "🎉",
    "💜",
    "😅",
    "👏",
    "🙌🏿",
    "💪🏻",
    "😘",
    "🌸",
    "☀️",
    "👀",
    "💯",
    "🤔",
    "🇧🇷",
    "🇯🇵",
    "👨‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🤷‍♀️",
    "⚽",
    "🎂",
    "✊🏾",
];
