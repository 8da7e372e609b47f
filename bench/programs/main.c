// workloads NAME ...            runs workloads of this program
// workloads measure NAME PATH ARGUMENT ...   runs another program
// As the first program of a guest it says when it starts and when it is done,
// and then waits.
#include "system.h"

enum { EXIT = 1, GETPID = 20, PAUSE = 29, SYSLOG = 103 };
enum { SYSLOG_CONSOLE_LEVEL = 8 };

static int run_one(const struct workload *workload, const char *name)
{
	for (; workload->name; workload++) {
		if (!equal(workload->name, name))
			continue;
		u64 start = microseconds();
		u64 checksum = workload->run(workload->repeat);
		report(name, checksum, microseconds() - start);
		return 1;
	}
	return 0;
}

void run(i64 count, char **arguments)
{
	int first = call(GETPID, 0, 0, 0, 0) == 1;
	int known = 1;
	if (count > 3 && equal(arguments[1], "measure"))
		measure(arguments[2], arguments + 3);
	if (first) {
		// The kernel's messages would come between.
		call(SYSLOG, SYSLOG_CONSOLE_LEVEL, 0, 1, 0);
		print("READY-MARK\n");
	}
	for (i64 i = 1; i < count; i++)
		known &= run_one(integer_workloads, arguments[i]) ||
			run_one(float_workloads, arguments[i]);
	if (first) {
		print("BENCH DONE\n");
		for (;;)
			call(PAUSE, 0, 0, 0, 0);
	}
	for (;;)
		call(EXIT, !known, 0, 0, 0);
}
