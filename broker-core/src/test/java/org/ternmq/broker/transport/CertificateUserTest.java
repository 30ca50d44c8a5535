package org.ternmq.broker.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Test;
import org.ternmq.broker.config.TlsConfig.UserName;

/** Who a certificate says its owner is. */
final class CertificateUserTest {
    private static CertificateBuilder subject(String subject) {
        return new CertificateBuilder().subject(subject).ecp256().setIsCertificateAuthority(true);
    }

    private static X509Certificate made(CertificateBuilder builder) throws Exception {
        return builder.buildSelfSigned().getCertificate();
    }

    @Test
    void isTheChosenPart() throws Exception {
        X509Certificate certificate = made(subject("CN=device 7,OU=Plant,O=Example")
                .addSanDnsName("d7.example")
                .addSanIpAddress("10.0.0.1"));

        assertThat(CertificateUser.of(certificate, UserName.NONE)).isEmpty();
        assertThat(CertificateUser.of(certificate, UserName.CN)).contains("device 7");
        assertThat(CertificateUser.of(certificate, UserName.SAN)).contains("d7.example");
        assertThat(CertificateUser.of(certificate, UserName.SUBJECT)).contains("CN=device 7,OU=Plant,O=Example");
    }

    @Test
    void isNobodyWhereItCannotBeTold() throws Exception {
        assertThat(CertificateUser.of(made(subject("O=Example")), UserName.CN)).isEmpty();
        assertThat(CertificateUser.of(made(subject("CN=alice,CN=bob")), UserName.CN))
                .isEmpty();
        assertThat(CertificateUser.of(made(subject("CN=a")), UserName.SAN)).isEmpty();
        assertThat(CertificateUser.of(made(subject("CN=a").addSanDnsName("a").addSanRfc822Name("a@b")), UserName.SAN))
                .isEmpty();
        assertThat(CertificateUser.of(made(subject("CN=alice\\00.example")), UserName.CN))
                .isEmpty();
    }
}
