using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

[Platform("Linux")]
internal sealed class DirectSocketTests
{
    [TestCase("fe80::1%3")]
    [TestCase("::1")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("10.0.0.1")]
    public void EndPoint_OfTheSystem_HasItsScope(string address)
    {
        var expected = new IPEndPoint(IPAddress.Parse(address), 4321);
        var found = DirectSocket.EndPoint(expected.Serialize());
        Assert.That(found, Is.EqualTo(expected));
        if (expected.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Assert.That(found.Address.ScopeId, Is.EqualTo(expected.Address.ScopeId));
        }
    }
}
