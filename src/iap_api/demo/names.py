"""Made-up names: no real person is meant, and the mix is that of an English town."""

GIVEN = (
    "Ada Aisha Alfie Amelia Amina Archie Arlo Aria Ava Ayaan Beatrix Bilal Callum Caleb Chloe Daisy Daniel Dara Dylan "
    "Edie Ella Elijah Elsie Emeka Ethan Eva Farah Faith Finn Freya George Grace Hana Harry Hassan Hugo Ibrahim Imogen "
    "Isla Ivy Jack Jasmin Jayden Joshua Kai Kiran Layla Leo Lewis Lily Luca Maisie Malik Maria Mason Maya Mia Mila "
    "Mohammed Nadia Nathan Niamh Noah Nora Oliver Olivia Omar Oscar Phoebe Poppy Priya Reuben Rosa Ruby Samir Sara "
    "Seren Simran Sofia Tariq Theo Thomas Tia Toby Uma Violet Wren Yara Yusuf Zachary Zara Zoe"
).split()
FAMILY = (
    "Abbott Adeyemi Ahmed Ali Allen Amoah Anderson Bailey Baker Banerjee Barker Begum Bell Bennett Blake Brooks Brown "
    "Campbell Carter Chowdhury Clarke Cole Collins Cooper Davies Dixon Edwards Ellis Evans Farouk Fisher Foster Fox "
    "Gallagher Gibson Green Griffin Hall Harris Hassan Hill Holmes Hughes Hussain Iqbal Jackson James Jenkins Jones "
    "Kapoor Kaur Kelly Khan King Kowalski Lawson Lee Lewis Lloyd Malik Marsh Martin Mason Mensah Miller Mitchell "
    "Morgan Murphy Murray Nowak Obi Okoro Osei Owen Palmer Parker Patel Pearce Pham Phillips Popescu Powell Price "
    "Quinn Rahman Reid Richards Roberts Robinson Rogers Russell Ryan Saunders Sharma Shaw Silva Simpson Singh Stewart "
    "Taylor Thomas Turner Walker Walsh Ward Watson Webb White Williams Wilson Wood Wright Yilmaz Young"
).split()
