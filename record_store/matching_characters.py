"""Traditional characters of surnames and given names, and the simplified form that the same person's card shows.

A small table of our own: what occurs in names and often in addresses, not a converter of texts. Surnames that were
simplified by habit rather than by the 1964 table (蕭 as 肖, 閻 as 闫, 傅 as 付) are left apart: they sound alike,
and the comparison by sound finds them.
"""

from typing import Final

_PAIRS: Final = (
    "張张陳陈劉刘楊杨黃黄趙赵吳吴孫孙馬马羅罗鄭郑謝谢韓韩馮冯鄧邓許许蔣蒋韋韦賈贾鄒邹閻阎譚谭陸陆賀贺顧顾龔龚錢钱湯汤喬乔賴赖龐庞蘭兰顏颜嚴严溫温蘆芦蘇苏盧卢葉叶呂吕魯鲁萬万關关鍾钟鐘钟畢毕聶聂齊齐"
    "莊庄塗涂鄔邬鄺邝麥麦薩萨藺蔺竇窦婁娄滿满簡简鮑鲍單单遲迟歐欧閔闵諶谌時时衛卫應应農农勞劳練练駱骆龍龙饒饶紀纪項项甯宁寧宁強强華华國国東东紅红軍军麗丽豔艳艷艳傑杰濤涛鳳凤雲云瓊琼穎颖瑩莹夢梦靜静"
    "鵬鹏飛飞銀银鋼钢剛刚偉伟輝辉煇辉榮荣歡欢遠远暢畅嬌娇賢贤順顺義义慶庆興兴業业貴贵財财寶宝發发開开愛爱來来連连進进達达長长現现從从復复雙双對对聰聪聲声聖圣優优億亿儀仪倫伦側侧僑侨傳传僅仅凱凯創创"
    "勝胜動动勛勋勳勋匯汇區区協协園园圓圆圖图團团執执堅坚報报場场塊块壯壮壽寿奪夺奮奋婦妇媽妈學学實实寬宽審审專专將将尋寻導导屆届層层嶺岭島岛嶼屿嵐岚師师帥帅帶带幹干幾几庫库廣广廠厂廳厅彈弹彥彦後后"
    "徑径憲宪懷怀戀恋戰战戲戏戶户揚扬換换據据擇择擊击擔担擴扩擺摆攝摄敵敌數数斷断於于晉晋暉晖曉晓曄晔書书會会朧胧條条楓枫樂乐樓楼樹树橋桥機机檢检權权歲岁歸归殘残氣气決决沖冲潔洁涼凉淵渊淨净減减渾浑"
    "湧涌準准溝沟滅灭滬沪漁渔漢汉漸渐潛潜潤润澤泽澗涧濟济濱滨瀋沈瀾澜灣湾為为烏乌無无煉炼煒炜燁烨燈灯燒烧營营燦灿燭烛爭争爾尔牆墙獨独獎奖獻献環环瑋玮瑤瑶瑪玛璣玑瓏珑產产畫画異异當当疊叠盡尽監监盤盘"
    "眾众睜睁矯矫碩硕確确碼码礎础禎祯禮礼禪禅離离種种稱称積积穩稳窮穷競竞筆笔節节範范築筑籃篮糧粮約约級级純纯紗纱紋纹納纳紐纽紡纺細细終终組组結结給给絡络統统絲丝經经綠绿維维綱纲網网綺绮綿绵緒绪線线"
    "緣缘編编緯纬縣县總总績绩織织繪绘繼继續续纖纤習习翹翘聞闻聯联職职聽听肅肃腦脑膚肤臨临與与舉举舊旧艙舱艦舰莖茎萊莱蓮莲蔥葱蔭荫蕓芸薦荐藍蓝藝艺藥药蘊蕴處处號号蝦虾蟲虫術术衝冲補补裝装裏里製制覺觉"
    "覽览觀观規规視视親亲記记訓训詩诗詠咏詢询試试話话該该詳详誌志認认語语誠诚說说請请論论諾诺謀谋謙谦講讲譯译議议護护讀读讓让貝贝貞贞負负貢贡貨货責责買买費费資资賓宾賣卖質质購购贊赞讚赞贏赢趕赶躍跃"
    "車车軒轩軟软載载輕轻輔辅輪轮輯辑輸输轉转辦办運运過过遙遥遞递選选遷迁還还邁迈邊边鄉乡醫医釋释針针釗钊釧钏鈞钧鈴铃鉄铁鉅巨銘铭銳锐鋒锋鋪铺錄录錦锦鍵键鎖锁鎮镇鏡镜鐵铁鑄铸鑒鉴鑑鉴門门閃闪閉闭間间"
    "閱阅闊阔陰阴陽阳隊队階阶際际隨随險险隱隐雋隽雖虽雜杂難难霧雾靈灵響响頁页頂顶須须頌颂預预領领頤颐頭头頻频題题額额願愿類类顯显風风養养館馆馳驰駒驹駿骏騁骋騏骐騰腾驊骅驍骁驕骄驗验驚惊體体髮发魚鱼"
    "鮮鲜鯉鲤鳥鸟鳴鸣鴻鸿鵑鹃鶴鹤鷹鹰鸝鹂點点齡龄龜龟峯峰裡里啟启啓启昇升姍姗嫻娴嫺娴嬋婵嬰婴嬪嫔妝妆妳你娛娱婭娅寵宠岡冈崗岗嶽岳崑昆崙仑巖岩堯尧墾垦壇坛壩坝壘垒塵尘鄰邻鄲郸鄖郧酈郦釵钗鈺钰鉑铂銓铨"
    "鋁铝鍊链鎧铠鏵铧鑾銮闖闯闡阐陝陕隴陇韻韵韌韧頎颀頡颉頜颌顥颢飄飘餘余駕驾驥骥鯤鲲鷗鸥鷺鹭黨党檸柠檳槟櫻樱歷历曆历汙污滄沧潁颍潯浔濰潍瀟潇燿耀獅狮瑯琅璦瑷瓔璎疇畴皚皑矚瞩祐佑祿禄稜棱筍笋簫箫籌筹"
    "紹绍絢绚綜综緻致緹缇縈萦繡绣羨羡膽胆臺台颱台蒼苍葦苇蓋盖蔔卜蕭萧薔蔷蘋苹蘿萝虛虚螢萤衆众詒诒誼谊諭谕謹谨譽誉豐丰贇赟趨趋輿舆轅辕迴回"
)

SIMPLIFIED: Final = {ord(_PAIRS[i]): _PAIRS[i + 1] for i in range(0, len(_PAIRS), 2)}
"""A `str.translate` table from traditional to simplified characters."""


def simplified(text: str) -> str:
    """The text with the traditional characters of the table written simplified."""
    return text if text.isascii() else text.translate(SIMPLIFIED)


def is_han(character: str) -> bool:
    """Whether a character is a Chinese ideograph, the rare ones of the extension planes included."""
    point = ord(character)
    return (
        0x3400 <= point <= 0x9FFF
        or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x3FFFF
        or point == 0x3007
    )
