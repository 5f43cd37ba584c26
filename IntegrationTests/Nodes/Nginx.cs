using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>A real balancer in front of nodes, the one of the machine. Where there is none the tests are skipped.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly Task<string> _output;

    private Nginx(Process process, string folder, int port)
    {
        (_process, _folder, Address) = (process, folder, new Uri($"http://127.0.0.1:{port}/"));
        _output = process.StandardError.ReadToEndAsync();
    }

    public Uri Address { get; }

    /// <summary>To be asked before a test begins.</summary>
    public static void Require()
    {
        if (!Missing.IsProgram("nginx"))
        {
            Missing.Skip("a balancer", "install nginx");
        }
    }

    /// <summary>Starts one that gives each new connection to the next of the nodes, and passes over one that does not answer.</summary>
    public static async Task<Nginx> Start(params Uri[] nodes)
    {
        var folder = Directory.CreateTempSubdirectory("nginx-").FullName;
        var port = KafkaCluster.FreePorts(1)[0];
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), Configuration(port, nodes));
        var start = new ProcessStartInfo("nginx", ["-e", "stderr", "-p", folder, "-c", "nginx.conf"]) { RedirectStandardError = true };
        var process = Process.Start(start)!;
        var nginx = new Nginx(process, folder, port);
        try
        {
            await Wait.Until(nginx.Listens, "nginx listens");
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }

        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>In one process of the user who runs the tests, and with every file in its own folder.</summary>
    private static string Configuration(int port, Uri[] nodes) =>
        $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          upstream nodes {
            {{string.Join(' ', nodes.Select(node => $"server {node.Authority};"))}}
          }
          server {
            listen 127.0.0.1:{{port}};
            location / {
              proxy_pass http://nodes;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
            }
          }
        }
        """;

    private async Task<bool> Listens()
    {
        Assert.That(_process.HasExited, Is.False, () => _output.Result);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Address.Port).Soon();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
