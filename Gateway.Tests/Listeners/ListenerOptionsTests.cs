using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Listeners;
using RigKafka.Settings;
using RigKafka.Tls;

namespace RigKafka.Tests.Listeners;

internal sealed class ListenerOptionsTests
{
    [Test]
    public void Defaults_AreTheOriginalsPorts_OnEveryAddress()
    {
        var (options, mistakes) = Read([]);
        Assert.That(mistakes, Is.Empty);
        Assert.That((options.InboundPort, options.ApiPort, options.Address), Is.EqualTo((4000, 4010, "")));
    }

    [TestCase("INBOUND_PORT", "4010", "API_PORT=4010: expected another port than INBOUND_PORT.")]
    [TestCase("API_PORT", "65536", "API_PORT=65536: expected an integer from 0 to 65535.")]
    [TestCase("LISTEN_ADDRESS", "localhost", "LISTEN_ADDRESS=localhost: expected an IP address, or nothing.")]
    public void Read_Mistake_IsReported(string name, string value, string mistake)
        => Assert.That(Read(new() { [name] = value }).Mistakes, Is.EqualTo(new[] { mistake }));

    [Test]
    public void Read_BothPortsFree_IsAllowed()
        => Assert.That(Read(new() { ["INBOUND_PORT"] = "0", ["API_PORT"] = "0" }).Mistakes, Is.Empty);

    [TestCase("INBOUND_HTTPS_PORT", "4010", "INBOUND_HTTPS_PORT=4010: expected another port than API_PORT.")]
    [TestCase("API_HTTPS_PORT", "4001", "API_HTTPS_PORT=4001: expected another port than INBOUND_HTTPS_PORT.")]
    public void TlsMistakes_PortThatIsTaken_IsReported(string name, string value, string mistake)
        => Assert.That(Read(new() { [name] = value }).Options.TlsMistakes(), Is.EqualTo(new[] { mistake }));

    [Test]
    public void Read_DefaultPortForTls_UsedForSomethingElse_IsAllowed()
        => Assert.That(Read(new() { ["INBOUND_PORT"] = "4001" }).Mistakes, Is.Empty);

    [TestCase("HTTPS_CERTFILE", "HTTPS_KEYFILE: expected the private key of HTTPS_CERTFILE.")]
    [TestCase("HTTPS_KEYFILE", "HTTPS_CERTFILE: expected the certificate of HTTPS_KEYFILE.")]
    public void Tls_OneFileWithoutTheOther_IsReported(string name, string mistake)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [name] = "file.pem" }).Build());
        reader.Read<TlsOptions>();
        Assert.That(reader.Mistakes, Is.EqualTo(new[] { mistake }));
    }

    private static (ListenerOptions Options, IReadOnlyList<string> Mistakes) Read(Dictionary<string, string?> values)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        return (reader.Read<ListenerOptions>(), reader.Mistakes);
    }
}
