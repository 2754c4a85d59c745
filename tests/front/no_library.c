/* A system without any library to load: every dlopen fails. */
#include <stddef.h>

void *dlopen(const char *name, int how);

void *dlopen(const char *name, int how)
{
    (void)name;
    (void)how;
    return NULL;
}
