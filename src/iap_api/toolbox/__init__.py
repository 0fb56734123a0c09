"""What helps a child: a school's resources, each pupil's toolbox with what is in it, and how every use went."""
