#pragma once
// Running programs to their end; private to this room.
#include <string>
#include <vector>

namespace cumulo::test {

/// Runs a program with these arguments, without a shell and with no input, in the folder "/". Returns its output;
/// std::runtime_error with output and errors if its exit code is not 0.
std::string run_command(const std::vector<std::string>& arguments);

/// The same as the user postgres when we are root (PostgreSQL refuses to run as root), otherwise as we are.
std::string run_postgres_command(std::vector<std::string> arguments);

/// The folder of PostgreSQL's programs: CUMULO_TEST_POSTGRES_BIN, or the newest under /usr/lib/postgresql.
const std::string& postgres_programs();

}  // namespace cumulo::test
