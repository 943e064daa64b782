"""Valid files of every format, mutated: whatever a file holds, it is read or refused, soon and in little memory."""
