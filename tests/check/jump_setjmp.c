/* expect: prefix at 3 */
/* expect: jump at 9 */
int setjmp(long *at);

int t_run(long *at);

int t_run(long *at)
{
    return setjmp(at);
}
