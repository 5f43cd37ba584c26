using System.Globalization;

namespace RigKafka.Tests.Support;

/// <summary>What somebody asks of a test by hand, beyond what it does in every run.</summary>
internal static class LongerRun
{
    /// <param name="name">The environment variable.</param>
    /// <param name="usual">The number if nobody asks.</param>
    public static int Number(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } asked ? int.Parse(asked, CultureInfo.InvariantCulture) : usual;
}
