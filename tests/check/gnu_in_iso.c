/* expect: -Wgnu-statement-expression at 6 */
int t_run(int x);

int t_run(int x)
{
    return ({ x + 1; });
}
