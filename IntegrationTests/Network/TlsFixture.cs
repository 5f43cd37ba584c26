using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>Nodes with TLS, and the certificate that they show.</summary>
internal abstract class TlsFixture
{
    protected TestCertificates Certificates { get; private set; } = null!;

    [SetUp]
    public void IssueTheCertificate()
    {
        Certificates = new TestCertificates();
        Certificates.Renew();
    }

    [TearDown]
    public void RemoveTheCertificate() => Certificates.Dispose();

    /// <param name="settings">The environment, beyond the certificate.</param>
    protected Task<GatewayNode> StartNode(Dictionary<string, string?>? settings = null) =>
        GatewayNode.Start(new(Certificates.Settings.Concat(settings ?? [])));
}
