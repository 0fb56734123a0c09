"""Made-up names and streets: no real person is meant, and the mix is that of an English town."""

_GIRLS = (
    "Ada Aisha Amelia Amina Aria Ava Beatrix Chloe Daisy Edie Ella Elsie Eva Faith Farah Freya Grace Hana Imogen Isla "
    "Ivy Jasmin Layla Lily Maisie Maria Maya Mia Mila Nadia Niamh Nora Olivia Phoebe Poppy Priya Rosa Ruby Sara Seren "
    "Simran Sofia Tia Uma Violet Wren Yara Zara Zoe"
)
_BOYS = (
    "Alfie Archie Arlo Ayaan Bilal Caleb Callum Daniel Dara Dylan Elijah Emeka Ethan Finn George Harry Hassan Hugo "
    "Ibrahim Jack Jayden Joshua Kai Kiran Leo Lewis Luca Malik Mason Nathan Noah Oliver Omar Oscar Reuben Samir "
    "Tariq Theo Thomas Toby Yusuf Zachary"
)
_FAMILY = (
    "Abbott Adeyemi Ahmed Ali Allen Amoah Anderson Bailey Baker Banerjee Barker Begum Bell Bennett Blake Brooks Brown "
    "Campbell Carter Chowdhury Clarke Cole Collins Cooper Davies Dixon Edwards Ellis Evans Farouk Fisher Foster Fox "
    "Gallagher Gibson Green Griffin Hall Harris Hassan Hill Holmes Hughes Hussain Iqbal Jackson James Jenkins Jones "
    "Kapoor Kaur Kelly Khan King Kowalski Lawson Lee Lewis Lloyd Malik Marsh Martin Mason Mensah Miller Mitchell "
    "Morgan Murphy Murray Nowak Obi Okoro Osei Owen Palmer Parker Patel Pearce Pham Phillips Popescu Powell Price "
    "Quinn Rahman Reid Richards Roberts Robinson Rogers Russell Ryan Saunders Sharma Shaw Silva Simpson Singh Stewart "
    "Taylor Thomas Turner Walker Walsh Ward Watson Webb White Williams Wilson Wood Wright Yilmaz Young"
)
_MOTHERS = "Anita Bridget Carla Dawn Esther Fatima Gemma Hester Ines Joanna Kavita Leanne Marta Nkechi Rachel Sadia"
_FATHERS = "Adam Babak Craig Dele Errol Femi Gareth Hamid Ivan Jerome Karim Liam Marek Neil Pavel Ravi"
GIRLS, BOYS, FAMILY, MOTHERS, FATHERS = (words.split() for words in (_GIRLS, _BOYS, _FAMILY, _MOTHERS, _FATHERS))
STREETS = (
    "Alder Row", "Bargeman's Lane", "Chandler Street", "Ferry Road", "Heron Way", "Lock Cottages", "Mill Lane",
    "Osier Close", "Quayside", "Ropewalk", "Towpath Terrace", "Weir Gardens",
)  # fmt: skip
TEACHERS = (
    "Meera Asante", "Joel Barnaby", "Carys Dunn", "Isaac Fell", "Nina Garrow", "Pete Hollis", "Rukhsana Imam",
    "Duncan Jarrold", "Aoife Kettle", "Stefan Lomas", "Grace Mbeki", "Hal Norwood", "Tamsin Orme", "Viktor Pask",
    "Lorna Quill", "Jas Randhawa", "Ffion Sayer", "Mo Tarrant", "Ulla Vane", "Wes Yarrow", "Bea Zeller",
    "Col Ashdown", "Dot Braithwaite", "Ezra Coyle",
)  # fmt: skip
