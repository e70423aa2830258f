-- New words wait in a list until they are merged into the index. Whoever writes would merge them when the list is full,
-- while all others wait; a job of the program's does it every second (storage/search.hpp), beside the session that
-- writes. The limit, in kB, is for when it does not: some two seconds' words of the most creates that were measured.
ALTER INDEX task_documents_by_word SET (gin_pending_list_limit = 8192);
