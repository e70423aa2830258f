-- New words wait in a list until they are merged into the index. Whoever writes would merge them when the list is full,
-- while all others wait; a job of the program's does it before (storage/search.hpp). 16 MB, in kB.
ALTER INDEX task_documents_by_word SET (gin_pending_list_limit = 16384);
