/* expect: -Wimplicit-function-declaration at 6 */
int t_run(int x);

int t_run(int x)
{
    return x + t_helper(x);
}
