using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Balancers;

/// <summary>
/// A real balancer in front of nodes, the one of the machine, with the file of <c>compose/balancers</c>: only names, ports and folders are
/// those of the test. Where there is none the tests are skipped.
/// </summary>
internal sealed partial class Balancer : IAsyncDisposable
{
    /// <summary>The programs, and what each is told to run a file without leaving the test's folder.</summary>
    private static readonly Dictionary<string, (string File, Func<string, string[]> Arguments)> Programs = new()
    {
        ["nginx"] = ("nginx.conf", file => ["-e", "stderr", "-p", Path.GetDirectoryName(file)!, "-c", file, "-g", "daemon off; master_process off; pid nginx.pid;"]),
        ["haproxy"] = ("haproxy.cfg", file => ["-db", "-f", file]),
        ["caddy"] = ("Caddyfile", file => ["run", "--config", file, "--adapter", "caddyfile"]),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("balancer-");
    private readonly int[] _ports = KafkaCluster.FreePorts(3);
    private readonly Process _process;
    private readonly Task<string> _output;

    private Balancer(string program, TestCertificates certificates, Func<string, string> change, (Uri External, Uri Api)[] nodes)
    {
        var (name, arguments) = Programs[program];
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, Configuration(change(RepositoryFiles.Read($"compose/balancers/{name}")), certificates, nodes));
        var start = new ProcessStartInfo(program, arguments(file)) { RedirectStandardError = true, RedirectStandardOutput = true };
        (start.Environment["HOME"], start.Environment["XDG_DATA_HOME"], start.Environment["XDG_CONFIG_HOME"]) = (_folder.FullName, _folder.FullName, _folder.FullName);
        _process = Process.Start(start)!;
        _output = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    public static IEnumerable<string> Names => Programs.Keys;

    /// <summary>Where clients come.</summary>
    public Uri Clients => new($"http://127.0.0.1:{_ports[0]}/");

    /// <summary>Where clients come with TLS.</summary>
    public Uri Tls => new($"https://localhost:{_ports[1]}/");

    /// <summary>Where back-ends come.</summary>
    public Uri Api => new($"http://127.0.0.1:{_ports[2]}/");

    /// <summary>To be asked before a test begins.</summary>
    public static void Require(string program)
    {
        if (!Missing.IsProgram(program))
        {
            Missing.Skip("a balancer", $"install {program}");
        }
    }

    public static Task<Balancer> Start(string program, TestCertificates certificates, params (Uri External, Uri Api)[] nodes) =>
        Start(program, certificates, text => text, nodes);

    /// <param name="program">Its name.</param>
    /// <param name="certificates">What it shows clients that come with TLS.</param>
    /// <param name="change">What of its file is otherwise.</param>
    /// <param name="nodes">What it is in front of, two or more: where it finds their clients' port and their API.</param>
    public static async Task<Balancer> Start(string program, TestCertificates certificates, Func<string, string> change, params (Uri External, Uri Api)[] nodes)
    {
        certificates.Renew();
        var balancer = new Balancer(program, certificates, change, nodes);
        try
        {
            await Wait.Until(balancer.Listens, $"{program} listens");
        }
        catch
        {
            await balancer.DisposeAsync();
            throw;
        }

        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Configuration(string text, TestCertificates certificates, (Uri External, Uri Api)[] nodes)
    {
        var both = Path.Combine(_folder.FullName, "both.pem");
        File.WriteAllText(both, File.ReadAllText(certificates.CertificateFile) + File.ReadAllText(certificates.KeyFile));
        for (var i = 3; i <= nodes.Length; i++)
        {
            string Further(Match second) => $"{second.Value}{second.Value.Replace("gateway-2", $"gateway-{i}", StringComparison.Ordinal)}";
            text = LineOfTheSecond().Replace(text, Further);
            text = SecondOfALine().Replace(text, Further);
        }

        for (var i = 0; i < nodes.Length; i++)
        {
            text = text.Replace($"gateway-{i + 1}:4000", nodes[i].External.Authority, StringComparison.Ordinal)
                .Replace($"gateway-{i + 1}:4010", nodes[i].Api.Authority, StringComparison.Ordinal);
        }

        text = Port().Replace(text, port => $"{_ports[Array.IndexOf(["80", "443", "8010"], port.Value)]}");
        return text
            .Replace("/etc/rig/tls.crt", certificates.CertificateFile, StringComparison.Ordinal)
            .Replace("/etc/rig/tls.key", certificates.KeyFile, StringComparison.Ordinal)
            .Replace("/etc/rig/tls.pem", both, StringComparison.Ordinal)
            // What these programs keep elsewhere, for the one that the machine may run already.
            .Replace("\nhttp {", "\nhttp {\n  client_body_temp_path body;\n  proxy_temp_path proxy;\n  fastcgi_temp_path fastcgi;\n  uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;", StringComparison.Ordinal)
            .Replace("auto_https off", "auto_https off\n\tadmin off", StringComparison.Ordinal);
    }

    private async Task<bool> Listens()
    {
        Assert.That(_process.HasExited, Is.False, () => _output.Result);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _ports[2]).Soon();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"(?<=listen |bind :|https?://:)\d+")]
    private static partial Regex Port();

    [GeneratedRegex(@"(?<=gateway-1:\d+) gateway-2:\d+")]
    private static partial Regex SecondOfALine();

    [GeneratedRegex(@"^ *server .*gateway-2:.*\n", RegexOptions.Multiline)]
    private static partial Regex LineOfTheSecond();
}
