-- Words of documents that are gone while the index still has them. A search passes over them, for it looks every document
-- up; the job that adds new ones takes them out, so that no writer has to touch the index.
CREATE TABLE task_words_to_forget (
  document INTEGER PRIMARY KEY,
  words TEXT NOT NULL
);
