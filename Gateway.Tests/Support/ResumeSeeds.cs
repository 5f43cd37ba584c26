using System.Globalization;

namespace RigKafka.Tests.Support;

/// <summary>Which seeds are told: by a variable of the environment, as in <c>200</c> for 1 to 200, or <c>17-17</c> for one alone.</summary>
internal static class ResumeSeeds
{
    public static IEnumerable<int> Of(string variable, int otherwise)
    {
        var named = Environment.GetEnvironmentVariable(variable)?.Split('-').Select(each => int.Parse(each, CultureInfo.InvariantCulture)).ToArray();
        var (first, last) = named switch
        {
            null => (1, otherwise),
            [var count] => (1, count),
            _ => (named[0], named[1]),
        };
        return Enumerable.Range(first, last - first + 1);
    }
}
