"""Names for the large world, in a fixed order, so that the seed alone decides who is who."""

GIVEN = (
    "Amira Ben Cara Dev Ella Farid Grace Hana Isaac Jude Kofi Lena Mina Noah Orla Priya Quinn Rosa Sami Tess Uma "
    "Viktor Wren Xanthe Yusuf Zoë"
).split()
FAMILY = (
    "Adeyemi Barlow Chaudhry Dunmore Eastwood Farrow Garside Hollis Iqbal Jarvis Kettle Lomax Marwood Nkemelu Okafor "
    "Pemberton Quayle Rowntree Sandhu Tideswell"
).split()
