using NUnit.Framework;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SettingsReaderTests : SettingsFixture
{
    [Test]
    public void Read_NothingSet_KeepsTheDefaults()
    {
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That((options.Flag, options.Number, options.Text, options.Choice), Is.EqualTo((true, 7, "text", "red")));
        Assert.That(options.List, Is.EqualTo(["a", "b"]));
        Assert.That(options.Client, Is.Empty);
    }

    [TestCase("true", true)]
    [TestCase("TRUE", true)]
    [TestCase("1", true)]
    [TestCase("Yes", true)]
    [TestCase(" yes ", true)]
    [TestCase("false", false)]
    [TestCase("False", false)]
    [TestCase("0", false)]
    [TestCase("nO", false)]
    public void Read_Boolean_IsWordOrDigit(string text, bool value)
    {
        Environment["T_FLAG"] = text;
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Flag, Is.EqualTo(value));
    }

    [TestCase("")]
    [TestCase("on")]
    [TestCase("2")]
    [TestCase("truee")]
    public void Read_OtherBoolean_IsAMistake(string text)
    {
        Environment["T_FLAG"] = text;
        Assert.That(Read().Settings.Mistakes, Is.EqualTo([$"T_FLAG={text}: expected true, 1, yes, false, 0 or no."]));
    }

    [TestCase("1", 1)]
    [TestCase("100", 100)]
    [TestCase(" 42 ", 42)]
    public void Read_NumberWithinItsRange_IsTaken(string text, int value)
    {
        Environment["T_NUMBER"] = text;
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Number, Is.EqualTo(value));
    }

    [TestCase("")]
    [TestCase("0")]
    [TestCase("101")]
    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("1e1")]
    [TestCase("1,000")]
    [TestCase("0x10")]
    [TestCase("10 s")]
    [TestCase("99999999999999999999")]
    public void Read_OtherNumber_IsAMistakeAndKeepsTheDefault(string text)
    {
        Environment["T_NUMBER"] = text;
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.EqualTo([$"T_NUMBER={text}: expected an integer from 1 to 100."]));
        Assert.That(options.Number, Is.EqualTo(7));
    }

    [TestCase("", new string[0])]
    [TestCase(" , ,", new string[0])]
    [TestCase("x", new[] { "x" })]
    [TestCase(" x , y,,z ", new[] { "x", "y", "z" })]
    public void Read_List_HasNoEmptyElements(string text, string[] value)
    {
        Environment["T_LIST"] = text;
        Assert.That(Read().Options.List, Is.EqualTo(value));
    }

    [Test]
    public void Read_Choice_IsOneOfTheNamed()
    {
        Environment["T_CHOICE"] = "green";
        Assert.That(Read().Options.Choice, Is.EqualTo("green"));

        Environment["T_CHOICE"] = "blue";
        Assert.That(Read().Settings.Mistakes, Is.EqualTo(["T_CHOICE=blue: expected one of red, green."]));
    }

    [Test]
    public void Read_Dictionary_TakesEveryNameWithItsPrefix()
    {
        Environment["T_CLIENT_SASL_PASSWORD"] = "sesame";
        Environment["T_CLIENTS"] = "another";
        var (options, settings) = Read();

        Assert.That(options.Client, Is.EqualTo(new Dictionary<string, string> { ["T_CLIENT_SASL_PASSWORD"] = "sesame" }));
        Assert.That(Of(settings, "T_CLIENT_<NAME>").Value, Is.EqualTo("T_CLIENT_SASL_PASSWORD=(hidden)"));
    }

    [Test]
    public void Read_ManyMistakes_AreAllFoundAndOnOneLineEach()
    {
        Environment["T_FLAG"] = "maybe";
        Environment["T_NUMBER"] = "many\nlines";
        Environment["T_PIN"] = "1234x";
        Environment["T_TEXT"] = "forbidden";
        var (_, settings) = Read();
        settings.Refuse("Seen by a feature.");

        Assert.That(settings.Mistakes, Is.EqualTo([
            "T_FLAG=maybe: expected true, 1, yes, false, 0 or no.",
            "T_NUMBER=many lines: expected an integer from 1 to 100.",
            "T_PIN=(hidden): expected an integer.",
            "T_TEXT=forbidden: expected another text.",
            "Seen by a feature.",
        ]));
    }

    [TestCase("T_CLIENT_PORT", "tcp://10.0.0.1:9092")]
    [TestCase("T_CLIENT_PORT", "udp://[fd00::1]:9092")]
    [TestCase("T_CLIENT_SERVICE_HOST", "10.0.0.1")]
    [TestCase("T_CLIENT_SERVICE_PORT", "9092")]
    [TestCase("T_CLIENT_SERVICE_PORT_BROKER", "9092")]
    [TestCase("T_CLIENT_PORT_9092_TCP", "tcp://10.0.0.1:9092")]
    [TestCase("T_CLIENT_PORT_9092_TCP_PROTO", "tcp")]
    [TestCase("T_CLIENT_PORT_9092_TCP_PORT", "9092")]
    [TestCase("T_CLIENT_PORT_9092_SCTP_ADDR", "10.0.0.1")]
    public void Read_WhatKubernetesSaysOfAService_IsPassedOver(string name, string value)
    {
        Environment[name] = value;
        var (options, settings) = Read();
        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Client, Is.Empty);
        Assert.That(settings.PassedOver, Is.EqualTo([name]));
    }

    [TestCase("tcp://10.0.0.1:80", 10)]
    [TestCase("20", 20)]
    public void Read_PortOfAServiceThatIsCalledLikeASetting_IsPassedOver(string value, int port)
    {
        Environment["T_PORT"] = value;
        var (options, settings) = Read();
        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Port, Is.EqualTo(port));
        Assert.That(settings.PassedOver, port == 10 ? Is.EqualTo(["T_PORT"]) : Is.Empty);
    }

    [Test]
    public void Settings_Each_SaysWhatIsAllowedAndWhatItDoes()
    {
        Environment["T_NUMBER"] = "8";
        Environment["T_LIST"] = "x, y";
        var settings = Read().Settings;

        Assert.That(Of(settings, "T_NUMBER"), Is.EqualTo(new Setting("T_NUMBER", "Settings", "an integer from 1 to 100", "7", "8", "How many.")));
        Assert.That(Of(settings, "T_LIST"), Is.EqualTo(new Setting("T_LIST", "Settings", "a list, separated by commas", "a,b", "x,y", "")));
        Assert.That(Of(settings, "T_FLAG").Default, Is.EqualTo("true"));
        Assert.That(Of(settings, "T_SECRET").Value, Is.Empty);
    }
}
