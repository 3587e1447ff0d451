"""Many trainings from one small file: what is to be trained (`config`), training it (`run`), the table (`table`)."""
