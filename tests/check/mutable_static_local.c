/* expect: mutable-global at 6 */
int t_run(void);

int t_run(void)
{
    static int runs = 0;
    ++runs;
    return runs;
}
