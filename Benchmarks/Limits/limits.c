// How fast plain C over libmongoc goes: what Lockstep is measured against.
//
//   limits read   --at S,I --count N [--op insert|update|any]
//   limits write  --at S,I --count N --kind insert|update [--batch B]
//   limits follow --kind insert|update|any [--discard]
//   limits find   [--count-only]
//
// each with --uri U --db D --coll C. To measure again what is the default: --batch of `read` and `find`, --read-batch
// of `write` are the sizes of the server's batches.

#include "modes.h"

#include <string.h>

static const struct {
    const char *name;
    void (*run)(const connection *to, const arguments *all);
} modes[] = {{"read", read_events}, {"write", write_vectors}, {"follow", follow_events}, {"find", find_documents}};

static const char *const options[] = {"uri",  "db",    "coll",       "at",       "count",       "op",
                                      "kind", "batch", "read-batch", "!discard", "!count-only", NULL};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(argv[1], modes[i].name) != 0) continue;
        arguments all = arguments_parse(argc, argv, 2, options);
        connection to = connection_open(
            arguments_need(&all, "uri"), arguments_need(&all, "db"), arguments_need(&all, "coll"));
        modes[i].run(&to, &all);
        connection_close(&to);
        return 0;
    }
    fail("usage: limits read|write|follow|find --uri U --db D --coll C …");
}
