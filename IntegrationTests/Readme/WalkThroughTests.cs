using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Readme;

internal sealed partial class WalkThroughTests
{
    /// <summary>The gateway may have to be built first.</summary>
    private static readonly TimeSpan WithBuild = TimeSpan.FromMinutes(3);


    /// <summary>The commands are those of the page, each block in a terminal of its own. Only the ports are others, so that it does not matter who else has 4000 and 4010.</summary>
    [Test, Platform(Include = "Linux,MacOsX", Reason = "The page is for a shell.")]
    public async Task The_walk_through_of_the_readme_ends_with_Hi_Alice()
    {
        var (external, api) = FreePorts();
        var environment = new Dictionary<string, string> { ["INBOUND_PORT"] = external, ["API_PORT"] = api };
        var (start, listen, send) = Blocks(external, api);

        await using var gateway = new Terminal(start, environment);
        await gateway.Shows("curl -N", WithBuild);
        await gateway.Shows("Listening", Limits.Hang);
        await using var alice = new Terminal(listen, environment);
        await alice.Shows("\"status\":\"ok\"", WithBuild);
        await using var backEnd = new Terminal(send, environment);

        Assert.That(await backEnd.Ends(Limits.Hang), Does.EndWith("message queued for transport"));
        await alice.Shows("""data: {"user":"alice","text":"Hi, Alice!"}""", Limits.Hang);
    }

    private static (string Start, string Listen, string Send) Blocks(string external, string api)
    {
        var section = RepositoryFiles.Read("README.md").Split("\n## ").Single(section => section.StartsWith("Try it\n", StringComparison.Ordinal));
        var blocks = Block().Matches(section).Select(block => block.Groups["commands"].Value).ToList();
        Assert.That(blocks, Has.Count.EqualTo(3), "start, listen, send");
        Assert.That(blocks[1], Does.Contain("localhost:4000/"));
        Assert.That(blocks[2], Does.Contain("localhost:4010/"));
        return (blocks[0], blocks[1].Replace(":4000/", $":{external}/", StringComparison.Ordinal), blocks[2].Replace(":4010/", $":{api}/", StringComparison.Ordinal));
    }

    private static (string External, string Api) FreePorts()
    {
        using var one = new TcpListener(IPAddress.IPv6Any, 0);
        using var other = new TcpListener(IPAddress.IPv6Any, 0);
        one.Start();
        other.Start();
        return (Port(one), Port(other));

        static string Port(TcpListener listener) => $"{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    [GeneratedRegex("^```bash\n(?<commands>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
