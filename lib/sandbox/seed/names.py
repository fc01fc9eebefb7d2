"""The names of the demo practice: invented combinations, as varied as a waiting room in London.

`POOLS` is drawn from at random. `HARD` is there in every practice: the names that break tables, searches and exports.
"""

from __future__ import annotations

# (women's first names, men's first names, surnames)
POOLS: tuple[tuple[str, str, str], ...] = (
    (
        "Harriet Georgina Imogen Beatrice Tabitha Rosalind Philippa Cordelia",
        "Edmund Rupert Barnaby Alistair Gregory Clement Hugh Laurence",
        "Pemberley Thackwell Ashcombe Birtwhistle Larkham Taylor Hexley Marchbanks Walker Wragby Fletcher",
    ),
    (
        "Aoife Gráinne Orla Niamh Róisín Caoimhe",
        "Cormac Diarmuid Pádraig Eoin Fergal Tadhg",
        "Devaney McGarrigle Tierney Lanigan Mulqueen Heffernan Considine",
    ),
    (
        "Mairi Catriona Eilidh Bronwen Angharad Nerys",
        "Hamish Ruaridh Callum Emrys Gethin Iestyn",
        "MacAskill Dalgleish Kirkbride Penhaligon Trevithen Gwyther Lloyd-Probert",
    ),
    (
        "Zofia Agnieszka Małgorzata Ludmila Jiřina Katarína",
        "Tomasz Łukasz Zbigniew Ondřej Matěj Stanisław",
        "Wiśniecki Zając-Borek Kołodziejczak Dvořáček Hruška Nováčik Szczepanik",
    ),
    (
        "Priyanka Meenakshi Sunita Farzana Ayesha Harpreet",
        "Rajan Venkatesh Imtiaz Gurdeep Anand Shafiq",
        "Chatterley-Bose Ramanujam Siddiqi Dhaliwal Mukherji Karunaratne Bhattacharjee",
    ),
    (
        "Adaeze Folasade Abena Wanjiru Thandeka Yewande",
        "Chukwuemeka Babatunde Kwabena Kipchumba Sibusiso Olumide",
        "Okonjo-Bright Adeyinka Owusu-Mensah Wambugu Dlomo Ezekwu Afolayan",
    ),
    (
        "Mei-Ling Xiuying Thu Hằng Linh Su-Jin",
        "Wei Jianhong Quốc Minh Hyun-Woo Kenji",
        "Ouyang Leung Trần-Lê Nguyễn Đặng Hwang Takemori",
    ),
    (
        "Defne Ayşe Shirin Nour Yasmin Elif",
        "Barış Çağlar Kaveh Tarek Omid Emre",
        "Yıldırımoğlu Özgürel Farrokhi Al-Mansouri Haddadin Kılıç",
    ),
    (
        "Inês Carlota Giulia Ximena Chiara Beatriz",
        "Gonçalo Matteo Íñigo Rui Lorenzo Joaquín",
        "Fonseca D'Ambrosio Echevarría Dell'Orto Quintanilha Muñiz Bellandi",
    ),
    (
        "Solveig Åsa Maëlle Anneliese Kristín Zoë",
        "Bjørn Søren Thibault Jürgen Þorsteinn Aurélien",
        "Lindqvist Ørsteder Beaumanoir Großmann Guðnason Vandenhoeven Châtelard",
    ),
)

# (first, last, gender, date of birth or None for one drawn at random)
HARD: tuple[tuple[str, str, str, str | None], ...] = (
    ("David", "Evans", "Male", "1958-03-14"),
    ("David", "Evans", "Male", "1987-11-02"),
    ("ليلى", "الحداد", "Female", "1979-06-21"),
    ("Siobhán", "O'Shaughnessy", "Female", None),
    ("Fergus", "O’Neill-Carr", "Male", None),
    ("Jo *Josie*", "Tremlett", "Female", None),
    ("Anne-Marie", "Fotheringay-Smythe", "Female", None),
    ("Maria da Conceição", "Vasconcelos de Albuquerque e Melo", "Female", None),
    ("Łucja", "Brzęczyszczykiewicz", "Female", None),
    ("Nguyễn Thị", "Ánh Dương", "Female", None),
    ("花子", "山森", "Female", None),
    ("Ελένη", "Καραμαλή", "Female", None),
    ("Оксана", "Величко", "Female", None),
    ("Bo", "Li", "Male", None),
    ("Jean-Noël", "D'Aubigné", "Male", None),
    ("Alex", "St John-Ffoulkes", "Indeterminate", None),
    ("Null", "Whitcombe", "Male", None),
    ("Ştefan", "Țuțuianu", "Male", None),
)
