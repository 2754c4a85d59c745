/* expect: jump at 8 */
int t_run(int n);

int t_run(int n)
{
    int result = 0;
    if (n > 3) {
        goto done;
    }
    result = n;
done:
    return result;
}
